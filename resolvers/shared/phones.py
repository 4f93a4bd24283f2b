"""Phone numbers as AppSync judges them: by the world's numbering plans.

AppSync asks libphonenumber, megabytes of patterns that AWS renews now and then. Here are its
outlines of 2026: the area codes of North America, and how long numbers are elsewhere. A number of
the right length in a block that nobody uses passes here alone.
"""

import re
from collections.abc import Iterator

PHONE = re.compile(r"\+?[0-9](?:[ -]*[0-9])*")
SEPARATORS = re.compile(r"[ -]+")
NORTH_AMERICA = "1"
LONGEST_CODE = 3
NUMBER = re.compile(r"[0-9]{3}[2-9][0-9]{6}")
AREAS = (
    "201-210 212-220 223-229 231 234-236 239-240 242 246 248-254 256-257 260 262-264 267-270 "
    "272-274 276 279 281 283-284 289 "
    "301-310 312-321 323-327 329-332 334 336-337 339-341 343 345-347 350-354 360-361 363-365 "
    "367-369 380 382 385-386 "
    "401-410 412-419 423-425 428 430-432 434-435 437-438 440-443 445 447-448 450 458 463-464 "
    "468-470 472-475 478-480 484 "
    "500-510 512-534 539-541 544 548 551 557 559 561-564 566-567 570-575 577 579-582 584-588 "
    "600-610 612-620 622-623 626 628-631 633 636 639-641 645-647 649-651 656-662 664 667 "
    "669-672 678 680-684 686 689 "
    "701-709 712-721 724-728 730-732 734 737-738 740 742-743 747-748 753-754 757-758 760 "
    "762-763 765 767 769-775 778-782 784-787 "
    "800-810 812-821 825-826 828-833 835 838-840 843-845 847-850 854-860 862-870 872-873 "
    "876-879 888 "
    "900-910 912-920 925 928-931 934 936-943 945 947-949 951-952 954 956 959 970-973 975 "
    "978-980 983-986 989 "
)

# Country codes by the least and greatest number of digits after them; North America's 1 is apart.
LENGTHS = {
    (4, 5): "290",
    (4, 7): "683 690",
    (4, 10): "98",
    (4, 11): "352",
    (4, 13): "43 598",
    (4, 15): "49",
    (5, 5): "500 682",
    (5, 6): "247",
    (5, 7): "676 677 678 688",
    (5, 8): "47 386 686",
    (5, 10): "27 64 685",
    (5, 11): "31 852",
    (5, 12): "61 358 971",
    (5, 14): "82",
    (6, 6): "298 299 672 687",
    (6, 7): "597",
    (6, 9): "40 252 355 376 421 508 681 689",
    (6, 10): "48 53 95 880",
    (6, 11): "375 595",
    (6, 12): "39 46 359 381",
    (6, 13): "63",
    (7, 7): "238 239 246 248 269 291 297 592 673 674 680 691 692",
    (7, 8): "241 599 670 675 853 961 965 975",
    (7, 9): "220 231 245 265 354 385 423 967 968",
    (7, 10): "44 84 230 243 254 263 267 353 372 960",
    (7, 11): "501 503 507 679 886 974",
    (7, 12): "86 882 972",
    (7, 13): "90",
    (7, 17): "62",
    (8, 8): (
        "45 216 222 223 226 227 228 232 235 236 253 257 266 350 356 357 370 371 373 374 389 "
        "505 509 800 808 973 993"
    ),
    (8, 9): "32 36 51 213 224 233 237 250 258 264 268 377 382 387 591 962 963",
    (8, 10): "20 60 378 506 850 855 856 964 970 976",
    (8, 11): "55 57 65 502 504 593 977",
    (8, 12): "92 383 883",
    (8, 13): "66 91",
    (8, 17): "81",
    (9, 9): (
        "33 34 93 94 211 212 218 221 240 242 244 249 251 255 256 260 261 262 351 590 594 596 "
        "979 992 994 995 998"
    ),
    (9, 10): "380 881 966 996",
    (9, 11): "56",
    (9, 12): "41 420 870",
    (10, 10): "52 58 225 229",
    (10, 11): "54",
    (10, 12): "30",
    (10, 14): "7 234",
    (11, 11): "888",
    (12, 12): "878",
}


def _expand(ranges: str) -> Iterator[str]:
    for first, _, last in (part.partition("-") for part in ranges.split()):
        yield from map(str, range(int(first), int(last or first) + 1))


AREA_CODES = frozenset(_expand(AREAS))
DIGITS_AFTER = {code: least_most for least_most, codes in LENGTHS.items() for code in codes.split()}


def is_phone(text: str) -> bool:
    """Tell whether a text is a phone number: with `+` and a code, or else North American."""
    if PHONE.fullmatch(text) is None:
        return False
    digits = SEPARATORS.sub("", text)
    if digits.startswith("+"):
        return _is_international(digits[1:])
    return _is_north_american(digits.removeprefix(NORTH_AMERICA))


def _is_international(digits: str) -> bool:
    if digits.startswith(NORTH_AMERICA):
        return _is_north_american(digits[1:])
    for size in range(1, LONGEST_CODE + 1):
        if found := DIGITS_AFTER.get(digits[:size]):
            least, most = found
            return least <= len(digits) - size <= most
    return False


def _is_north_american(digits: str) -> bool:
    return NUMBER.fullmatch(digits) is not None and digits[:3] in AREA_CODES
