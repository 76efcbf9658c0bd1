using OrleansTasks.Audit;
using OrleansTasks.Storage;

namespace OrleansTasks.Schedules;

/// <summary>Has a commit store who asked for a change of a schedule.</summary>
internal static class ScheduleAudit
{
    /// <summary>Notes the change in the draft, if there was one.</summary>
    /// <param name="origin">Who asked; null when nobody is to be recorded.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="reply">What came of it.</param>
    /// <param name="before">The schedule before; null when there was none, or none that could be read.</param>
    /// <param name="after">The schedule after.</param>
    /// <param name="now">The time of the round.</param>
    /// <param name="draft">Where it goes.</param>
    public static void Note(
        Origin? origin, ScheduleRequest request, ScheduleReply reply, ScheduleRow? before, ScheduleRow? after, long now,
        CommitDraft draft)
    {
        if (origin is null || reply.Outcome != ScheduleOutcome.Done)
            return;
        // A new schedule has got its id from the gateway, perhaps without its user having named one.
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
