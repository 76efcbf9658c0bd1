using OrleansTasks.Audit;
using OrleansTasks.Storage;

namespace OrleansTasks.Schedules;

/// <summary>Adds the audit records of schedule changes to commits.</summary>
internal static class ScheduleAudit
{
    /// <summary>
    /// Notes a change in the draft. Without an origin or a change, notes nothing. <paramref name="before"/> is null if
    /// there was no readable schedule.
    /// </summary>
    public static void Note(
        Origin? origin, ScheduleRequest request, ScheduleReply reply, ScheduleRow? before, ScheduleRow? after, long now,
        CommitDraft draft)
    {
        if (origin is null || reply.Outcome != ScheduleOutcome.Done)
            return;
        // A new schedule's id comes from the gateway; its user need not have named one.
        var named = origin with { Target = request.Id };
        switch (request.Action)
        {
            case ScheduleAction.Trigger:
                draft.Note(named, now);
                break;
            case ScheduleAction.Backfill or ScheduleAction.CancelBackfill:
                draft.Note(named, now, reply.Accepted);
                break;
            case ScheduleAction.Pause or ScheduleAction.Resume when before?.Paused == after?.Paused:
                break;
            default:
                draft.Note(named, now, 1, TextOf(before), TextOf(after));
                break;
        }
    }

    private static string? TextOf(ScheduleRow? row) => row is null ? null : AuditText.Of(json =>
    {
        json.WriteNumber("version"u8, row.Version);
        json.WriteBoolean("paused"u8, row.Paused);
    });
}
