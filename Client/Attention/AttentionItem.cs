using OrleansTasks.Audit;

namespace OrleansTasks.Client.Attention;

/// <summary>A problem that an operator should look at.</summary>
/// <param name="Code">The kind of problem; docs/figures.md lists them.</param>
/// <param name="IsSevere">Whether tasks fail or cannot run; otherwise it is a warning.</param>
/// <param name="Target">
/// What it is about: the name or id of a queue, node, job, schedule, rollout, webhook or key; or <c>store</c> or
/// <c>tasks</c>.
/// </param>
/// <param name="Title">What is wrong, in one line.</param>
internal sealed record AttentionItem(string Code, bool IsSevere, string Target, string Title)
{
    /// <summary>
    /// When it began, in Unix milliseconds; null until <see cref="AttentionBook"/> sets the time at which it was first
    /// seen.
    /// </summary>
    public long? Since { get; init; }

    /// <summary>How many tasks, chunks, times or nodes are affected.</summary>
    public long Count { get; init; } = 1;

    /// <summary>The usual count; null if unknown or meaningless.</summary>
    public double? Usual { get; init; }

    /// <summary>The changes that callers made shortly before it began, newest first.</summary>
    public ImmutableArray<AuditRecord> Before { get; init; } = [];

    /// <summary>Calls that may help.</summary>
    public ImmutableArray<AttentionFix> Fixes { get; init; } = [];
}

/// <summary>A call that may help.</summary>
/// <param name="Label">What it does, for a button.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path with the query.</param>
/// <param name="Scope">The scope that a key needs for it.</param>
/// <param name="Body">The body as JSON; null for none.</param>
internal sealed record AttentionFix(string Label, string Method, string Path, string Scope, string? Body = null);
