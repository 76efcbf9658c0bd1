using System.Buffers.Text;
using System.Text;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Schedules;

/// <summary>The ids of schedules: which ones there may be, and cursors of lists by id.</summary>
internal static class ScheduleIds
{
    // Paths below /schedules that are calls of their own.
    private static readonly string[] Reserved = ["upcoming", "load", "preview"];

    /// <summary>Why a new schedule cannot have an id; null when it can.</summary>
    public static string? FaultOf(string id) =>
        !SpecRules.IsQueueName(id) ? $"'{StrictReader.Quote(id)}' is no id of a schedule: it must match {SpecRules.QueueName}"
        : Reserved.Contains(id) ? $"'{id}' is reserved; no schedule can be called so"
        : null;

    /// <summary>The cursor after an id.</summary>
    public static string After(string id) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id));

    /// <summary>The id that a cursor stands after; null without one. Throws 400 <c>bad-cursor</c>.</summary>
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
