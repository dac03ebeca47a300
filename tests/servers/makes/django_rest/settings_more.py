ALLOWED_HOSTS = ["*"]
INSTALLED_APPS += ["rest_framework", "drf_spectacular"]  # noqa: F821 - appended to the settings
ROOT_URLCONF = "urls"
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
