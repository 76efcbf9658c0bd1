using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Takes what a node's worker reports of its attempts at tasks and chunks: started, ended, or given back. The node's
/// grain calls <see cref="TaskDispatcherGrain.Report"/>, which enqueues this operation. When the operation completes,
/// all changes are on disk and every entry is settled for good, even one that changed nothing because its lease token
/// was no longer current. The worker may then forget the attempts that ended or were given back. If the operation
/// fails, the worker reports again. <see cref="AttemptReports.Take"/> has the rules.
/// </summary>
/// <remarks>The reply is always true and means nothing; only the completion counts.</remarks>
/// <param name="report">The part of the worker's report that concerns this queue.</param>
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

    // What the commit must store of a result: a chunk's report and collected results, a task's result and output.
    private static long BytesOf(AttemptResult result) =>
        result.Value.Length + result.Report.Length + (result.Collected?.Bytes.Length ?? 0)
        + (result.Output is { } output ? output.Tail.Length + output.Stdout.Length + output.Stderr.Length : 0);
}
