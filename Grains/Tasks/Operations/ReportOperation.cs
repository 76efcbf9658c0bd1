using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>Takes what a node reports.</summary>
internal sealed class ReportOperation(NodeReport report) : DispatchOperation<bool>
{
    /// <inheritdoc/>
    public override Lane Lane => Lane.Results;

    /// <inheritdoc/>
    public override int Weight { get; } =
        Math.Max(1, report.Results.Length + report.Started.Length + report.Refused.Length + (report.Unable?.Length ?? 0));

    /// <inheritdoc/>
    public override long Bytes { get; } = report.Results.Sum(BytesOf);

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft)
    {
        core.Report(report, now, draft);
        Reply = true;
    }

    private static long BytesOf(AttemptResult result) =>
        result.Report.Length + (result.Collected?.Length ?? 0)
        + (result.Output is { } output ? output.Tail.Length + output.Stdout.Length + output.Stderr.Length : 0);
}
