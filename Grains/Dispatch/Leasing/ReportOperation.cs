using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Applies the part of a worker's report that concerns this queue (<see cref="AttemptReports.Take"/>). On completion,
/// all changes are on disk and every entry is settled for good, even one that changed nothing because its token was
/// stale. The worker may then forget the attempts that ended or were given back. After a failure, the worker reports
/// again. The reply is always true.
/// </summary>
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
        core.Reports.Take(report, now, draft);
        Reply = true;
    }

    // The bytes that the commit stores.
    private static long BytesOf(AttemptResult result) =>
        result.Value.Length + result.Report.Length + (result.Collected?.Bytes.Length ?? 0)
        + (result.Output is { } output ? output.Tail.Length + output.Stdout.Length + output.Stderr.Length : 0);
}
