"""Bodies of the HTTP API about who may do what: signing in, people, roles, keys, tenants, features.

As in `protocol.api`: field names are the wire's, instants RFC 3339 in UTC, ids UUIDs as text.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from protocol.api import Id, Name, Text
from protocol.vocabulary import Permission

Email = Annotated[str, Meta(min_length=3, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]
Password = Annotated[str, Meta(min_length=1, max_length=1000)]
OneTimeCode = Annotated[str, Meta(min_length=6, max_length=40)]
FeatureKey = Annotated[str, Meta(pattern="^[a-z][a-z0-9_.-]{0,59}$")]
RoleTitle = Annotated[str, Meta(min_length=1, max_length=60)]
Ids = Annotated[list[Id], Meta(max_length=1000)]

# ---- signing in ----


class UserLogin(Struct, frozen=True, omit_defaults=True):
    """`tenant_id` may be left out where only one tenant has a user of this address. `one_time_code`: from the
    second factor, or a recovery code; asked for by a 401 whose `fields` name it."""

    email: Annotated[str, Meta(min_length=1, max_length=320)]
    password: Password
    tenant_id: Id | None = None
    one_time_code: OneTimeCode | None = None


class TokenPair(Struct, frozen=True):
    """`access_token` goes into `Authorization: Bearer …` and is good for `expires_in` seconds; then
    `refresh_token`, which is good once, brings the next pair from `/auth/refresh`.
    `tenant_id` is the tenant acted in."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    refresh_expires_in: int
    session_id: str
    user_id: str
    tenant_id: str
    tenant_name: str
    email: str
    roles: list[str]


class RefreshRequest(Struct, frozen=True):
    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]


class LogoutRequest(Struct, frozen=True):
    """Signs out the session of this refresh token."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]


class TokenForm(Struct, frozen=True):
    """RFC 6749, sections 4.3.2 and 6. `username` is the e-mail address; `client_id` may be the tenant's id,
    and any other is of no consequence; `one_time_code` is ours, for the second factor."""

    grant_type: str = ""
    username: str = ""
    password: str = ""
    refresh_token: str = ""
    client_id: str = ""
    one_time_code: str = ""


class TokenError(Struct, frozen=True):
    """RFC 6749, section 5.2."""

    error: Literal["invalid_request", "invalid_grant", "unsupported_grant_type"]
    error_description: str


class SessionRow(Struct, frozen=True):
    """One sign-in that is still good. `current`: the one that asks. `acts_in`: where ROOT acts by it."""

    id: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ip_address: str | None
    user_agent: str
    acts_in: str | None
    current: bool


class ForgottenPassword(Struct, frozen=True):
    email: Annotated[str, Meta(min_length=1, max_length=320)]
    tenant_id: Id | None = None


class NewPasswordByLink(Struct, frozen=True):
    """`token`: from an invitation or a reset link."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
    password: Password


# ---- oneself ----


class Me(Struct, frozen=True):
    """Who is signed in, and what the hub lets them do now. `sites`: those they are limited to; None: all.
    `features_off`: keys of features that the tenant has not given to them; every other one is on.
    `acts_from`: the tenant of a ROOT that acts here. `weak_password`: it should be changed."""

    user_id: str
    tenant_id: str
    tenant_name: str
    email: str
    full_name: str
    roles: list[str]
    permissions: list[Permission]
    sites: list[str] | None
    features_off: list[str]
    second_factor: bool
    weak_password: bool
    acts_from: str | None
    session_id: str | None


class MePatch(Struct, frozen=True):
    """A new `email` needs the password too."""

    full_name: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    password: Password | UnsetType = UNSET


class PasswordChange(Struct, frozen=True):
    """Ends every other session of the person."""

    old_password: Password
    new_password: Password


class SecondFactorOffer(Struct, frozen=True):
    """Not in force before it is confirmed with a code. `uri` is what the QR code says."""

    secret: str
    uri: str


class SecondFactorConfirmation(Struct, frozen=True):
    one_time_code: OneTimeCode


class RecoveryCodes(Struct, frozen=True):
    """Shown once; each opens once."""

    codes: list[str]


class PasswordProof(Struct, frozen=True):
    """For what even somebody at an unlocked screen must not do."""

    password: Password


# ---- people ----


class UserRow(Struct, frozen=True):
    """One person. `sites`: ids; None: all sites. `invited`: has not chosen a password yet."""

    id: str
    email: str
    full_name: str
    is_active: bool
    roles: list[str]
    sites: list[str] | None
    groups: list[str]
    second_factor: bool
    invited: bool
    last_login_at: datetime | None
    created_at: datetime


class UserCreate(Struct, frozen=True):
    """Without a password the person is invited by a one-time link."""

    email: Email
    full_name: Annotated[str, Meta(max_length=200)] = ""
    roles: Annotated[list[RoleTitle], Meta(max_length=50)] = field(default_factory=list)
    sites: Ids | None = None
    password: Password | None = None


class OneTimeLink(Struct, frozen=True):
    """`url` is None when it went out by mail; otherwise it is shown here, once, and `not_mailed_because`
    is the end of the sentence "No mail was sent: …"."""

    url: str | None
    mailed_to: str | None
    expires_at: datetime
    not_mailed_because: str | None = None


class UserCreated(Struct, frozen=True):
    user: UserRow
    link: OneTimeLink | None


class UserPatch(Struct, frozen=True):
    """What is left out stays. `sites: null` means all of them."""

    email: Email | UnsetType = UNSET
    full_name: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    sites: Ids | UnsetType | None = UNSET


class RolesOfUser(Struct, frozen=True):
    """All of them, by name."""

    roles: Annotated[list[RoleTitle], Meta(max_length=50)]


class RoleRow(Struct, frozen=True):
    """A built-in role, or one of the tenant's own."""

    id: str
    name: str
    description: str
    is_custom: bool
    permissions: list[Permission]
    people: int


class RoleRequest(Struct, frozen=True):
    name: RoleTitle
    permissions: list[Permission]
    description: Text = ""


class UserGroupRequest(Struct, frozen=True):
    name: Name


class UserGroup(Struct, frozen=True):
    id: str
    name: str
    user_ids: list[str]
    features: list[str]


class GroupMembers(Struct, frozen=True):
    """All of them."""

    user_ids: Ids


# ---- features ----


class FeatureRequest(Struct, frozen=True):
    key: FeatureKey
    description: Text = ""
    for_everybody: bool = False


class Feature(Struct, frozen=True):
    """A feature that the tenant decides about. One that it has not named is on for everybody.
    `known`: what Clarion itself asks for by this key; None: only the tenant's own programs do."""

    id: str
    key: str
    description: str
    for_everybody: bool
    group_ids: list[str]
    known: str | None


class GroupFeatureUpdate(Struct, frozen=True):
    """The features of a group: all of them, by key."""

    features: Annotated[list[FeatureKey], Meta(max_length=200)]


# ---- keys of integrations ----


class ApiKeyRequest(Struct, frozen=True):
    """No permission that its maker does not have. `sites`: None: all that its maker may see."""

    name: Name
    permissions: Annotated[list[Permission], Meta(min_length=1)]
    sites: Ids | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class ApiKey(Struct, frozen=True):
    id: str
    name: str
    prefix: str
    permissions: list[Permission]
    sites: list[str] | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_ip: str | None
    revoked_at: datetime | None


class ApiKeyCreated(Struct, frozen=True):
    """`secret` goes into `Authorization: Bearer …`. It is shown once; the hub keeps only its hash."""

    key: ApiKey
    secret: str


class EnrolmentKey(Struct, frozen=True):
    """What screens show to be let in. The key itself is not known any more."""

    id: str
    created_at: datetime
    revoked_at: datetime | None


class EnrolmentKeyCreated(Struct, frozen=True):
    """`secret` is shown once."""

    key: EnrolmentKey
    secret: str


# ---- tenants ----


class TenantLimits(Struct, frozen=True, omit_defaults=True):
    """None: as the hub is set."""

    requests_per_minute: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None


class TenantRow(Struct, frozen=True):
    id: str
    name: str
    status: Literal["ACTIVE", "SUSPENDED"]
    limits: TenantLimits
    users: int
    devices: int
    created_at: datetime


class TenantCreate(Struct, frozen=True):
    """With its first TENANT_ADMIN, who is invited by a one-time link."""

    name: Name
    admin_email: Email
    limits: TenantLimits = field(default_factory=TenantLimits)


class TenantCreated(Struct, frozen=True):
    """`enrolment_key` is shown once."""

    tenant: TenantRow
    enrolment_key: str
    link: OneTimeLink


class TenantPatch(Struct, frozen=True):
    name: Name | UnsetType = UNSET
    limits: TenantLimits | UnsetType = UNSET


class ActInTenant(Struct, frozen=True):
    """Why ROOT acts there; the tenant's own audit shows it."""

    reason: Annotated[str, Meta(min_length=3, max_length=500)]


# ---- the hub's signature ----


class Endorsement(Struct, frozen=True):
    """An older key's signature of a newer one: base64url, of `protocol.alert.endorsed_text`."""

    kid: str
    value: str


class SigningKey(Struct, frozen=True):
    """One public key of the hub, as a JWK (RFC 8037). `endorsements`: by every older key that is kept."""

    kid: str
    x: str
    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    use: Literal["sig"] = "sig"
    alg: Literal["EdDSA"] = "EdDSA"
    endorsements: list[Endorsement] = field(default_factory=list)


class SigningKeySet(Struct, frozen=True):
    """A JWK Set (RFC 7517), the newest key first."""

    keys: list[SigningKey]
