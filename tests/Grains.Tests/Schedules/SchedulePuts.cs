using System.Text;
using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Schedules;

/// <summary>Makes and replaces schedules as a gateway does.</summary>
internal static class SchedulePuts
{
    /// <summary>Puts a schedule, which must be accepted.</summary>
    public static void Put(this CoreRig rig, string json, string id = "s")
    {
        var body = Encoding.UTF8.GetBytes(json);
        var errors = new SpecErrors();
        var spec = ScheduleSpecReader.Read(body, 0, errors);
        Assert.True(errors.IsEmpty, string.Join(", ", errors.Items));
        Assert.Equal(ScheduleOutcome.Done, rig.Ask(new ScheduleRequest(ScheduleAction.Put, id)
        {
            Spec = spec!.CopyBody(body), SecretEnv = spec.CopySecrets(body),
        }).Outcome);
    }
}
