using System.Text;
using OrleansTasks.Grains.Tests.Dispatch;

namespace OrleansTasks.Schedules;

/// <summary>Asks a queue's owner something of its schedules, in a round of its own.</summary>
internal static class ScheduleAsking
{
    private static readonly IReadOnlySet<long> None = new HashSet<long>();

    public static ScheduleReply Ask(this CoreRig rig, ScheduleRequest request)
    {
        ScheduleReply? reply = null;
        rig.Round((core, draft) => reply = core.Schedules.Ask(request, None, rig.Now, draft));
        return reply!;
    }

    /// <summary>Makes or replaces a schedule by a body that is not checked by the rules for users.</summary>
    public static ScheduleReply PutSchedule(this CoreRig rig, string id, string json) =>
        rig.Ask(new ScheduleRequest(ScheduleAction.Put, id) { Spec = Encoding.UTF8.GetBytes(json) });

    public static bool Retire(this CoreRig rig)
    {
        var isRetired = false;
        rig.Round((core, draft) => isRetired = core.TryRetire(draft));
        return isRetired;
    }
}
