// Made by scripts/derive.mjs from GitHub's description of its API; not to be changed by hand.

/** A field as the description has it. */
export interface Derived {
  name: string;
  dataType: 'text' | 'long' | 'double' | 'boolean' | 'date' | 'date-time' | 'object' | 'array';
  /** GitHub's name of the type. */
  typeLabel: string;
  nullable: boolean;
  deprecated?: true;
  /** Taken for a new record. */
  creatable?: true;
  /** Taken for a change. */
  updatable?: true;
  /** A new record must have it. */
  needed?: true;
}

/** Version of the API that was described. */
export const DESCRIBED = '23.0.2';

/** Names of the entities. */
export type EntityName = 'repositories' | 'issues' | 'comments';

/** What the description says of each entity: parameters that all of its lists take, and fields. */
export const DERIVED: Readonly<Record<EntityName, { parameters: readonly string[]; fields: readonly Derived[] }>> = {
  repositories: {
    parameters: ['type', 'sort', 'direction', 'per_page', 'page'],
    fields: [
      { name: 'id', dataType: 'long', typeLabel: 'integer', nullable: false },
      { name: 'node_id', dataType: 'text', typeLabel: 'string', nullable: false },
      { name: 'name', dataType: 'text', typeLabel: 'string', nullable: false },
      { name: 'full_name', dataType: 'text', typeLabel: 'string', nullable: false },
      { name: 'license', dataType: 'object', typeLabel: 'license-simple', nullable: true },
      { name: 'forks', dataType: 'long', typeLabel: 'integer', nullable: true },
      { name: 'permissions', dataType: 'object', typeLabel: 'object', nullable: true },
      { name: 'owner', dataType: 'object', typeLabel: 'simple-user', nullable: false },
      { name: 'owner.login', dataType: 'text', typeLabel: 'string', nullable: false },
      { name: 'private', dataType: 'boolean', typeLabel: 'boolean', nullable: false },
      { name: 'html_url', dataType: 'text', typeLabel: 'uri', nullable: false },
      { name: 'description', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'fork', dataType: 'boolean', typeLabel: 'boolean', nullable: false },
      { name: 'url', dataType: 'text', typeLabel: 'uri', nullable: false },
      { name: 'git_url', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'ssh_url', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'clone_url', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'mirror_url', dataType: 'text', typeLabel: 'uri', nullable: true },
      { name: 'svn_url', dataType: 'text', typeLabel: 'uri', nullable: true },
      { name: 'homepage', dataType: 'text', typeLabel: 'uri', nullable: true },
      { name: 'language', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'forks_count', dataType: 'long', typeLabel: 'integer', nullable: true },
      { name: 'stargazers_count', dataType: 'long', typeLabel: 'integer', nullable: true },
      { name: 'watchers_count', dataType: 'long', typeLabel: 'integer', nullable: true },
      { name: 'size', dataType: 'long', typeLabel: 'integer', nullable: true },
      { name: 'default_branch', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'open_issues_count', dataType: 'long', typeLabel: 'integer', nullable: true },
      { name: 'is_template', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'topics', dataType: 'array', typeLabel: 'array', nullable: true },
      { name: 'has_issues', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'has_projects', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'has_wiki', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'has_pages', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'has_downloads', dataType: 'boolean', typeLabel: 'boolean', nullable: true, deprecated: true },
      { name: 'has_discussions', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'has_pull_requests', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'pull_request_creation_policy', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'archived', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'disabled', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'visibility', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'pushed_at', dataType: 'date-time', typeLabel: 'date-time', nullable: true },
      { name: 'created_at', dataType: 'date-time', typeLabel: 'date-time', nullable: true },
      { name: 'updated_at', dataType: 'date-time', typeLabel: 'date-time', nullable: true },
      { name: 'delete_branch_on_merge', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'allow_forking', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'web_commit_signoff_required', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'open_issues', dataType: 'long', typeLabel: 'integer', nullable: true },
      { name: 'watchers', dataType: 'long', typeLabel: 'integer', nullable: true },
    ],
  },
  issues: {
    parameters: ['milestone', 'state', 'assignee', 'type', 'creator', 'mentioned', 'issue_field_values', 'labels', 'sort', 'direction', 'since', 'per_page', 'page'],
    fields: [
      { name: 'id', dataType: 'long', typeLabel: 'integer', nullable: false },
      { name: 'node_id', dataType: 'text', typeLabel: 'string', nullable: false },
      { name: 'url', dataType: 'text', typeLabel: 'uri', nullable: false },
      { name: 'repository_url', dataType: 'text', typeLabel: 'uri', nullable: false },
      { name: 'html_url', dataType: 'text', typeLabel: 'uri', nullable: false },
      { name: 'number', dataType: 'long', typeLabel: 'integer', nullable: false },
      { name: 'state', dataType: 'text', typeLabel: 'string', nullable: false, updatable: true },
      { name: 'state_reason', dataType: 'text', typeLabel: 'string', nullable: true, updatable: true },
      { name: 'title', dataType: 'text', typeLabel: 'string', nullable: false, creatable: true, updatable: true, needed: true },
      { name: 'body', dataType: 'text', typeLabel: 'string', nullable: true, creatable: true, updatable: true },
      { name: 'user', dataType: 'object', typeLabel: 'simple-user', nullable: true },
      { name: 'user.login', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'labels', dataType: 'array', typeLabel: 'array', nullable: false, creatable: true, updatable: true },
      { name: 'assignee', dataType: 'object', typeLabel: 'simple-user', nullable: true },
      { name: 'assignee.login', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'assignees', dataType: 'array', typeLabel: 'array', nullable: true, creatable: true, updatable: true },
      { name: 'milestone', dataType: 'object', typeLabel: 'milestone', nullable: true, creatable: true, updatable: true },
      { name: 'locked', dataType: 'boolean', typeLabel: 'boolean', nullable: false },
      { name: 'active_lock_reason', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'comments', dataType: 'long', typeLabel: 'integer', nullable: false },
      { name: 'pull_request', dataType: 'object', typeLabel: 'object', nullable: true },
      { name: 'closed_at', dataType: 'date-time', typeLabel: 'date-time', nullable: true },
      { name: 'created_at', dataType: 'date-time', typeLabel: 'date-time', nullable: false },
      { name: 'updated_at', dataType: 'date-time', typeLabel: 'date-time', nullable: false },
      { name: 'draft', dataType: 'boolean', typeLabel: 'boolean', nullable: true },
      { name: 'closed_by', dataType: 'object', typeLabel: 'simple-user', nullable: true },
      { name: 'closed_by.login', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'type', dataType: 'object', typeLabel: 'issue-type', nullable: true, creatable: true, updatable: true },
      { name: 'performed_via_github_app', dataType: 'object', typeLabel: 'integration', nullable: true },
      { name: 'author_association', dataType: 'text', typeLabel: 'author-association', nullable: true },
      { name: 'reactions', dataType: 'object', typeLabel: 'reaction-rollup', nullable: true },
      { name: 'sub_issues_summary', dataType: 'object', typeLabel: 'sub-issues-summary', nullable: true },
      { name: 'parent_issue_url', dataType: 'text', typeLabel: 'uri', nullable: true },
      { name: 'pinned_comment', dataType: 'object', typeLabel: 'issue-comment', nullable: true },
      { name: 'issue_dependencies_summary', dataType: 'object', typeLabel: 'issue-dependencies-summary', nullable: true },
      { name: 'issue_field_values', dataType: 'array', typeLabel: 'array', nullable: true },
    ],
  },
  comments: {
    parameters: ['sort', 'direction', 'since', 'per_page', 'page'],
    fields: [
      { name: 'id', dataType: 'long', typeLabel: 'integer', nullable: false },
      { name: 'node_id', dataType: 'text', typeLabel: 'string', nullable: false },
      { name: 'url', dataType: 'text', typeLabel: 'uri', nullable: false },
      { name: 'body', dataType: 'text', typeLabel: 'string', nullable: true, creatable: true, updatable: true, needed: true },
      { name: 'html_url', dataType: 'text', typeLabel: 'uri', nullable: false },
      { name: 'user', dataType: 'object', typeLabel: 'simple-user', nullable: true },
      { name: 'user.login', dataType: 'text', typeLabel: 'string', nullable: true },
      { name: 'created_at', dataType: 'date-time', typeLabel: 'date-time', nullable: false },
      { name: 'updated_at', dataType: 'date-time', typeLabel: 'date-time', nullable: false },
      { name: 'issue_url', dataType: 'text', typeLabel: 'uri', nullable: false },
      { name: 'author_association', dataType: 'text', typeLabel: 'author-association', nullable: true },
      { name: 'performed_via_github_app', dataType: 'object', typeLabel: 'integration', nullable: true },
      { name: 'reactions', dataType: 'object', typeLabel: 'reaction-rollup', nullable: true },
      { name: 'pin', dataType: 'object', typeLabel: 'pinned-issue-comment', nullable: true },
      { name: 'minimized', dataType: 'object', typeLabel: 'issue-comment-minimized', nullable: true },
      { name: 'issue_number', dataType: 'long', typeLabel: 'integer', nullable: false, creatable: true, needed: true },
    ],
  },
};
