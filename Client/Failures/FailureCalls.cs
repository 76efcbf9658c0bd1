using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Failures;

/// <summary>The call that lists finally failed tasks in groups of one cause.</summary>
/// <param name="grains">The tasks.</param>
/// <param name="reads">Where the call waits for its turn.</param>
public sealed class FailureCalls(GatewayGrains grains, LongReads reads)
{
    /// <summary>The groups, most tasks first.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        // Not a task's id: the count and the fingerprint of the last group shown.
        var after = Cursors.Read(query.Text("cursor"));
        var asked = new FailureQuery(
            FilterQuery.QueueOf(query.Text("queue")), FilterQuery.NameOf(query.Text("name")), query.Time("since"),
            (long?)after?.High, (long)(after?.Low ?? 0), limit + 1);
        var groups = await reads.Run(context, cancellation => grains.Tasks.Failures(asked, cancellation));
        await ListAnswer.SendPage(context, groups, limit, FailureJson.Write, CursorAfter);
    }

    private static string CursorAfter(FailureGroup group) =>
        Cursors.After(new TaskId((ulong)group.Count, (ulong)group.Fingerprint));
}
