//! Images that cannot be pulled or used.

use super::{Class, ROLLBACK, ROLLBACK_OR_IMAGE};

pub(super) const CLASSES: &[Class] = &[
    Class {
        name: "image-not-found",
        means: "The registry answers, and has no such repository or tag.",
        apart: "The pull error says `not found` or `manifest unknown`. A wrong login says 401 or 403 (registry-unauthorised), though some registries answer a private repository with `not found` too.",
        people: "Compare the tag with what the pipeline pushed; correct the tag, or roll back.",
        fix: ROLLBACK_OR_IMAGE,
    },
    Class {
        name: "image-wrong-architecture",
        means: "The image was built for another processor than the node's.",
        apart: "`exec format error` from a process that starts, or `no match for platform` from the pull. A script without a `#!` line gives the first one too: the node's architecture and the image's decide.",
        people: "Publish a multi-platform image, or pin the pods to nodes of the image's architecture with a nodeSelector.",
        fix: ROLLBACK_OR_IMAGE,
    },
    Class {
        name: "invalid-image-name",
        means: "The image reference does not parse, so nothing was asked of a registry.",
        apart: "The waiting reason is InvalidImageName. Upper-case letters, a scheme such as `https://` or an empty template variable are the usual causes.",
        people: "Correct the reference in the manifest or in the values that render it.",
        fix: ROLLBACK_OR_IMAGE,
    },
    Class {
        name: "image-never-pull",
        means: "The image is not on the node, and `imagePullPolicy: Never` forbids pulling it.",
        apart: "The waiting reason is ErrImageNeverPull; no registry was asked.",
        people: "Set the policy to IfNotPresent, or load the image onto every node that may run the pod.",
        fix: ROLLBACK_OR_IMAGE,
    },
    Class {
        name: "image-signature-refused",
        means: "The container runtime refuses the image because its signature does not meet the node's policy.",
        apart: "The waiting reason is SignatureValidationFailed. A refusal by an admission webhook comes before any pod exists (webhook-refused).",
        people: "Sign the image with the key that the node trusts, or correct the node's policy.",
        fix: ROLLBACK_OR_IMAGE,
    },
    Class {
        name: "registry-unauthorised",
        means: "The registry refuses the pull: no credentials, wrong ones, or an account without access.",
        apart: "401, 403, `authentication required` or `pull access denied`. Where the pull Secret itself does not exist, it is pull-secret-missing.",
        people: "Renew the pull Secret and name it in imagePullSecrets or in the ServiceAccount; check that the account may read this repository.",
        fix: ROLLBACK,
    },
    Class {
        name: "pull-secret-missing",
        means: "`imagePullSecrets` names a Secret that does not exist in the pod's namespace.",
        apart: "The kubelet pulls without it, so the error looks like a failed login; the event FailedToRetrieveImagePullSecret tells the difference.",
        people: "Create the Secret in this namespace (Secrets are not shared between namespaces), or correct its name.",
        fix: ROLLBACK,
    },
    Class {
        name: "registry-unreachable",
        means: "The node cannot reach the registry: name resolution, routing, TLS or a time-out.",
        apart: "The error comes from the connection, not from the registry. Many workloads with one registry host are one incident.",
        people: "From the node, `curl -v https://HOST/v2/`; repair DNS, the proxy, the firewall or \
                 the certificate, or ask the registry's operators.",
        fix: "rollout-undo to an image of another registry",
    },
    Class {
        name: "registry-rate-limited",
        means: "The registry answers 429: too many pulls for this account or address.",
        apart: "`toomanyrequests`. The image is there and the login is good; it passes by itself when the window ends.",
        people: "Pull with an authenticated account or through a mirror; set IfNotPresent so that nodes pull once.",
        fix: "rollout-undo to an image of another registry",
    },
];
