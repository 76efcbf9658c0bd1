using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.World;

namespace OrleansTasks.Simulation.Tests;

/// <summary>What seeds have found, at the seeds that found it; each as small as it became.</summary>
public sealed class RegressionTests
{
    [Theory]
    [InlineData(94, "7", 105, 0, "a stream's item was lost on its way to another silo, and all that followed it waited for ever")]
    [InlineData(60, "7", 14, 0, "the same")]
    [InlineData(1208, "2,3,9,13", 223, 0, "a command crossed its own kill, and nobody told the master")]
    [InlineData(1261, "2,4,5,11,13", 224, 0, "the same")]
    [InlineData(2856, "0,1,2,3,4,5,7,8,9,10", 226, 0, "a replaced dispatcher settled a result that it did not know")]
    [InlineData(8923, "1,2,3,4,5,6,8,9", 220, 0, "a dispatcher wanted slots of a session that was over there, and got and lost one without end")]
    [InlineData(8817, "0,1,2,3,4,5,6,7,8", 239, 0, "a goodbye put back what the next session ran")]
    [InlineData(33, "0,3,4,5,9,10,11", 233, 0, "two partitions wanted one slot in one millisecond, and it went to and fro")]
    [InlineData(70, "5,6,7,10", 221, 0, "a clock was set, and leases and backoffs went by it")]
    [InlineData(1273, "6,8,10,11", 206, 0, "what an earlier session had was more than the slots")]
    [InlineData(2133, "1,6,7,8,9,10,13", 3, 0, "a stream was never opened, and nobody noticed")]
    [InlineData(6, "", 1, 3, "a job's close, without anything going wrong, wrote no progress over the stored one")]
    [InlineData(69, "14,18,21", 1, 1, "a clock was set back, and a paced job waited for it for an hour")]
    [InlineData(1054, "0,4,5,6,7,8,9,10,11,14", 233, 3, "a command came after its lease had lapsed, in a session that a new owner used on")]
    [InlineData(3265, "3,8", 109, 3, "a chunk that an ended session gave back went to it again at once, without end")]
    [InlineData(68, "3,8", 7, 1, "a slot went to and fro between partitions that could not use it")]
    [InlineData(1345, "0,2,4,6,10,11,12", 220, 3, "a slot that was granted was taken back before a late commit let it be used, without end")]
    [InlineData(6800, "0,3,4,5,6,7,8,9,10,11,12,13,14,15,16,18", 258, 3, "a dead run's late registration opened a session, and the next run said that it had started nothing in it")]
    [InlineData(1856, "", 208, 3, "small chunks of a large range were so dear that they never grew, and the job took longer than anybody waits")]
    public void Run_OfWhatASeedFound_Holds(int seed, string faults, int tasks, int jobs, string found)
    {
        var kept = faults.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToHashSet();
        var plan = Plan.Of(seed);
        plan = plan with { Faults = [.. plan.Faults.Where(fault => kept.Contains(fault.Number))], Tasks = tasks, Jobs = jobs };
        Assert.Equal((null, found), (Run.Of(plan).Failure, found));
    }
}
