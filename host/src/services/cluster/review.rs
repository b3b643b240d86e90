//! Asking the API server who we are and what we may do.

use futures::stream::{self, StreamExt, TryStreamExt};
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use k8shawk_core::rbac::Rule;
use kube::Client;
use kube::api::{Api, PostParams};

use super::{Cluster, ClusterError};

/// Questions under way at a time.
const AT_ONCE: usize = 8;

/// Which of the two accounts is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The one that reads.
    Reader,
    /// The one that makes dry runs and fixes.
    Writer,
}

/// Verbs of a rule that are refused in a namespace, or in all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The rule.
    pub rule: Rule,
    /// Where; empty for all namespaces and for what has none.
    pub namespace: String,
    /// Those of its verbs that are refused.
    pub verbs: Vec<&'static str>,
}

impl Cluster {
    fn client_of(&self, who: Who) -> Client {
        match who {
            Who::Reader => self.reads(),
            Who::Writer => self.writes(),
        }
    }

    /// The user that the API server takes us for.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::Denied`] where we may not act as the reader.
    pub async fn user(&self, who: Who) -> Result<String, ClusterError> {
        let api: Api<SelfSubjectReview> = Api::all(self.client_of(who));
        let (parameters, question) = (PostParams::default(), SelfSubjectReview::default());
        let asked = api.create(&parameters, &question);
        let review = self.answer("read our own identity", asked).await?;
        let user = review.status.and_then(|status| status.user_info);
        Ok(user.and_then(|user| user.username).unwrap_or_default())
    }

    /// What of these rules is refused, in these namespaces; an empty name is all of them.
    ///
    /// # Errors
    /// [`ClusterError`] where the API server does not answer the question.
    pub async fn missing(
        &self,
        who: Who,
        rules: &[Rule],
        namespaces: &[String],
    ) -> Result<Vec<Missing>, ClusterError> {
        let everywhere = [String::new()];
        let places = rules.iter().flat_map(|rule| {
            let places: &[String] = if rule.namespaced {
                namespaces
            } else {
                &everywhere
            };
            places
                .iter()
                .map(move |namespace| (rule, namespace.as_str()))
        });
        let all: Vec<Missing> = stream::iter(places)
            .map(|(rule, namespace)| self.refused(who, rule, namespace))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(all.into_iter().filter(|m| !m.verbs.is_empty()).collect())
    }

    async fn refused(
        &self,
        who: Who,
        rule: &Rule,
        namespace: &str,
    ) -> Result<Missing, ClusterError> {
        let mut verbs = Vec::new();
        for verb in &rule.verbs {
            if !self.may(who, rule, verb, namespace).await? {
                verbs.push(*verb);
            }
        }
        Ok(Missing {
            rule: rule.clone(),
            namespace: namespace.to_owned(),
            verbs,
        })
    }

    async fn may(
        &self,
        who: Who,
        rule: &Rule,
        verb: &str,
        namespace: &str,
    ) -> Result<bool, ClusterError> {
        let (resource, subresource) = match rule.resource.split_once('/') {
            Some((resource, subresource)) => (resource, Some(subresource.to_owned())),
            None => (rule.resource.as_str(), None),
        };
        let attributes = ResourceAttributes {
            group: Some(rule.group.to_owned()),
            resource: Some(resource.to_owned()),
            subresource,
            verb: Some(verb.to_owned()),
            namespace: Some(namespace.to_owned()),
            name: rule.names.first().cloned(),
            ..ResourceAttributes::default()
        };
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(attributes),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        let api: Api<SelfSubjectAccessReview> = Api::all(self.client_of(who));
        let parameters = PostParams::default();
        let asked = api.create(&parameters, &review);
        let answer = self.answer("check our own permissions", asked).await?;
        Ok(answer.status.is_some_and(|status| status.allowed))
    }
}
