using System.Buffers.Text;
using System.Text;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Schedules;

/// <summary>Checks ids of schedules, and makes cursors of lists sorted by id.</summary>
internal static class ScheduleIds
{
    // Path segments of other calls below /schedules.
    private static readonly string[] Reserved = ["upcoming", "load", "preview"];

    /// <summary>Returns why a new schedule cannot have this id; null if it can.</summary>
    public static string? FaultOf(string id) =>
        !SpecRules.IsQueueName(id) ? $"'{StrictReader.Quote(id)}' is not a schedule id: it must match {SpecRules.QueueName}"
        : Reserved.Contains(id) ? $"'{id}' is reserved and cannot be the id of a schedule"
        : null;

    /// <summary>Returns the cursor that continues after an id.</summary>
    public static string After(string id) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id));

    /// <summary>
    /// Returns the id after which a cursor continues; null without a cursor. Throws 400 <c>bad-cursor</c>.
    /// </summary>
    public static string? Read(string? cursor)
    {
        if (cursor is null)
            return null;
        if (cursor.Length <= 128 && Base64Url.IsValid(cursor)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)) is var id && SpecRules.IsQueueName(id))
            return id;
        throw new ProblemException(Problems.BadCursor("cursor"));
    }
}
