"""Where Target's calls arrive (T1, T6, T13), as patterns of paths."""

CLIENT = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"
SUBMIT = rf"/m2/(?P<client>{CLIENT})/(?P<version>v2/)?profile/batchUpdate"
STATUS = rf"/m2/(?P<client>{CLIENT})/(?:v2/)?profile/batchStatus"
PROFILE = r"/rest/v1/profiles/(?P<third>thirdPartyId/)?(?P<identifier>.+)"
