using System.Text;
using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>How many bytes schedules may have, and how many of them a round starts.</summary>
public sealed class ScheduleBytesTests
{
    private const int Mebibyte = 1 << 20;
    private readonly CoreRig rig = new();

    [Fact]
    public void Round_StartsSoManyBytes_AndTheNextOneGoesOn()
    {
        var body = $$$"""
            {"every":"1s","overlap":"allow","catchUp":"all","catchUpLimit":11,"startWithin":"1s","task":{"cmd":"{{{new string('x', Mebibyte)}}}"}}
            """;
        rig.PutSchedule("s", body);
        rig.Pass(60_000);
        rig.Round();
        Assert.InRange(rig.Store.Tasks.Count, 12, 13);
        Assert.InRange(rig.Rounds, 3, 4);
    }

    [Fact]
    public void Round_WithSpecsLargerThanItsBound_StartsOne()
    {
        rig.PutSchedule("s", $$$"""{"every":"1s","overlap":"allow","task":{"cmd":"{{{new string('x', 5 * Mebibyte)}}}"}}""");
        rig.Pass(3_000);
        rig.Round();
        Assert.Equal((3, 3), (rig.Store.Tasks.Count, rig.Rounds));
    }

    [Fact]
    public void Occurrence_IsHardlyLargerThanItsSchedule()
    {
        var text = string.Concat(Enumerable.Repeat("'<+&é>", 1_000));
        var spec = Encoding.UTF8.GetBytes($$$"""{"cmd":"{{{text}}}","env":{"A":"{{{text}}}"}}""");
        var task = OccurrenceTask.Of(new TaskId(1, 1), "s", 0, spec, default);
        Assert.InRange(task.Spec.Length, spec.Length, spec.Length + 300);
        Assert.Contains(text, Encoding.UTF8.GetString(task.Spec.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Put_OfAnExistingSchedule_NeedsRoomOnlyForWhatItAdds()
    {
        var large = $$$"""{"every":"1h","task":{"cmd":"{{{new string('x', 33 * Mebibyte)}}}"}}""";
        Assert.Equal(ScheduleOutcome.Done, rig.PutSchedule("s", large).Outcome);
        Assert.Equal(ScheduleOutcome.QueueFull, rig.PutSchedule("other", large).Outcome);
        Assert.Equal(ScheduleOutcome.Done, rig.PutSchedule("s", large).Outcome);
        Assert.Equal(ScheduleOutcome.QueueFull, rig.PutSchedule("other", large).Outcome);
    }
}
