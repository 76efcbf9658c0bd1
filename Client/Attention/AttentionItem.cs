using OrleansTasks.Audit;

namespace OrleansTasks.Client.Attention;

/// <summary>Something that somebody should look at.</summary>
/// <param name="Code">What kind of thing; docs/figures.md lists them.</param>
/// <param name="IsSevere">Whether tasks fail or cannot run; otherwise it is a warning.</param>
/// <param name="Target">
/// What it is about: a queue, a node, a job, a schedule, a webhook, <c>store</c> or <c>tasks</c>.
/// </param>
/// <param name="Title">What is wrong, in a line.</param>
internal sealed record AttentionItem(string Code, bool IsSevere, string Target, string Title)
{
    /// <summary>
    /// Since when, in Unix milliseconds; null until <see cref="AttentionBook"/> has noted when it was seen first.
    /// </summary>
    public long? Since { get; init; }

    /// <summary>How many tasks, chunks or times it is about.</summary>
    public long Count { get; init; } = 1;

    /// <summary>What the count usually is; null when that is not known or means nothing.</summary>
    public double? Usual { get; init; }

    /// <summary>What somebody changed shortly before it began, newest first.</summary>
    public ImmutableArray<AuditRecord> Before { get; init; } = [];

    /// <summary>What may be done about it.</summary>
    public ImmutableArray<AttentionFix> Fixes { get; init; } = [];
}

/// <summary>A call that may help.</summary>
/// <param name="Label">What it does, for a button.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path with the query.</param>
/// <param name="Scope">What a key needs for it.</param>
/// <param name="Body">The body as JSON; null for none.</param>
internal sealed record AttentionFix(string Label, string Method, string Path, string Scope, string? Body = null);
