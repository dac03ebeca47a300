"""The words of logins, registrations and newsletters in many languages, and in addresses.

All lower case, compared with short texts only: buttons, labels, titles, one form.
"""

import re
from typing import Final

LOGIN_LABELS: Final = (
    *("log in", "login", "log on", "logon", "sign in", "signin", "sign-in", "log-in", "sign on"),
    *("iniciar sesión", "inicia sesión", "inicio de sesión", "iniciar sesion", "ingresar"),
    *("acceder", "identificarse", "entrar", "iniciar sessão", "acessar", "fazer login"),
    *(
        "connexion",
        "se connecter",
        "connectez-vous",
        "s'identifier",
        "s\N{RIGHT SINGLE QUOTATION MARK}identifier",
    ),
    *("anmelden", "anmeldung", "einloggen", "melden sie sich an"),
    *("accedi", "inloggen", "aanmelden", "logga in", "logg inn", "log ind"),
    *("kirjaudu", "zaloguj", "logowanie", "přihlásit", "přihlášení", "prihlásiť"),
    *("bejelentkezés", "belépés", "autentificare", "conectare", "prijava", "prijavi se"),
    *("войти", "вход", "авторизация", "увійти", "вхід", "σύνδεση", "είσοδος"),
    *("giriş", "oturum aç", "daxil ol", "đăng nhập", "masuk", "เข้าสู่ระบบ"),
    *("prisijungti", "prisijungimas", "pieslēgties", "ielogoties", "logi sisse", "innskráning"),
    *("prijavite se", "identifikohu", "увайсці", "најави", "пријави", "пријава"),
    *("ورود", "लॉग इन", "লগ ইন"),
    *(
        "ログイン",
        "サインイン",
        "登录",
        "登入",
        "登錄",
        "로그인",
        "تسجيل الدخول",
        "התחברות",
        "כניסה",
    ),
    *("iniciar sessió", "inicia la sessió", "hasi saioa"),
)
REGISTER_LABELS: Final = (
    *("register", "registration", "sign up", "signup", "sign-up", "create account"),
    *("create an account", "create your account", "join now", "registrieren", "konto erstellen"),
    *("registrarse", "crear cuenta", "regístrate", "criar conta", "cadastre-se", "inscription"),
    *("s'inscrire", "créer un compte", "registrati", "crea account", "registreren"),
    *("зарегистр", "регистрация", "注册", "註冊", "新規登録", "会員登録", "회원가입"),
    *("forgot-password", "reset-password", "reset password", "passwort zurücksetzen"),
)
MAILING_LABELS: Final = (
    *("newsletter", "subscribe", "subscription", "subscrib", "mailing list", "waitlist"),
    *("notify me", "stay updated", "get updates", "get started", "early access", "unsubscribe"),
    *("abonnieren", "abonnez", "s'abonner", "suscri", "assine", "iscriviti", "aanmelden voor"),
    *("подписаться", "订阅", "購読", "구독", "search", "contact us"),
)
# Names of fields that say who somebody is.
WHO_FIELDS: Final = (
    *("user", "email", "e-mail", "mail", "login", "logon", "acc", "uname", "identifier"),
    *("userid", "benutzer", "usuario", "utente", "utilisateur", "phone", "mobile", "passkey"),
)

# "blogindex" holds "login" and is none; "author" holds "auth" and is none.
_LOGIN_ADDRESS: Final = re.compile(
    r"(?<!b)log[_-]?in(?![a-z]{2})|log[_-]?on(?![a-z])|sign[_-]?in(?![a-z])"
    r"|(?<![a-z])(?:sso|auth|oauth2?|saml2?|authenticate|authentication|authorize|session/new"
    r"|sessions/new|anmelden|connexion|acceso|accedi|inloggen|logga-in)(?![a-z])"
)
_REGISTER_ADDRESS: Final = re.compile(
    r"(?<![a-z])(?:register|registration|sign[_-]?up|join|create[_-]account|forgot|reset|recover)"
)
_MAX_ADDRESS_CHARS: Final = 2048
LOGIN_HOSTS: Final = frozenset({"login", "signin", "auth", "sso", "idp", "oauth", "cas"})


def first_in(labels: tuple[str, ...], text: str) -> str | None:
    """Return the first of the labels a lower-case text holds, or None."""
    return next((label for label in labels if label in text), None)


def login_label_in(text: str) -> str | None:
    """Return the first word for a login in a lower-case text, or None."""
    return first_in(LOGIN_LABELS, text.replace("blogin", ""))


def login_address_word(path: str) -> str | None:
    """Return the word that makes a path or form action a login's, or None."""
    match = _LOGIN_ADDRESS.search(path[:_MAX_ADDRESS_CHARS].lower())
    return match.group() if match else None


def is_register_address(path: str) -> bool:
    """Tell whether a path or form action is one to register at or to reset a password."""
    return _REGISTER_ADDRESS.search(path[:_MAX_ADDRESS_CHARS].lower()) is not None
