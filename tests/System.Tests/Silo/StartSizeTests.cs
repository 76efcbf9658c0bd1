using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Silo;

public sealed class StartSizeTests
{
    [Fact]
    public async Task Chunk_TooLargeForAMessage_FailsAndItsNodeWorksOn()
    {
        await using var silo = await OneProcess.StartAsync();
        var id = new TaskId(1, 1);
        var job = silo.Grains.GetGrain<IJobGrain>(id.ToString());
        await job.Create("""{"source":{"stream":{}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}"""u8.ToArray(), null);
        var line = Encoding.UTF8.GetBytes($"\"{new string('x', 16 << 20)}\"\n");
        await job.Append(new JobBlock(new TaskId(2, 2), 0, 1, line));

        JobView? ended = null;
        await Until.Holds("the job has failed", TimeSpan.FromSeconds(30), async () => (ended = await job.Get())!.State.IsFinal());

        Assert.Equal((JobState.Failed, "chunk-failed"), (ended!.State, ended.Reason));
        Assert.Contains("at most 15728640 can be sent to a worker", Assert.Single(ended.Failures).Message, StringComparison.Ordinal);
        Assert.Equal(TaskState.Succeeded, (await silo.Ended(await silo.Submit("true"))).State);
    }
}
