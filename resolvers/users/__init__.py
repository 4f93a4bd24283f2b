"""Users: what people say of themselves, beside what Cognito knows of them.

It owns the profiles. It promises that whoever has signed in has one, exactly one, under the id that
is their token's `sub`.
"""
