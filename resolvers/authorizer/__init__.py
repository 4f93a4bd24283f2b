"""The Lambda authorizer: what a partner's or a device's token is worth.

It owns the tokens, of which it keeps nothing but a digest. It promises that who has an unknown or
expired one gets in nowhere, and that neither its log nor its table can give a token away.
"""
