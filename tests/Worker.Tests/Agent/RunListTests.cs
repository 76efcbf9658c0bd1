using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Worker.Tests.Agent;

public sealed class RunListTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("otask-runs-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void List_FirstRun_HasNone()
    {
        var list = RunList.Read(folder, "boot", At(10));

        Assert.True(list.AreAllDead);
        Assert.False(list.HadAny);
    }

    [Fact]
    public void List_MarkerSpeaksForTheLastRun_AllAreDead()
    {
        Begin("boot", 10, pid: 1);

        var list = RunList.Read(folder, "boot", At(20));
        Assert.False(list.AreAllDead);
        list.Remove(1);

        Assert.True(list.AreAllDead);
        Assert.True(list.HadAny);
    }

    [Fact]
    public void List_ARunBeforeTheLastHadNoMarker_NotAllAreDead()
    {
        Begin("boot", 10, pid: 1);
        Begin("boot", 20, pid: 2);

        var list = RunList.Read(folder, "boot", At(30));
        list.Remove(2);

        Assert.False(list.AreAllDead, "Nobody has said that nothing of process 1 is left.");
    }

    [Fact]
    public void List_MachineWasStartedAnew_AllAreDead()
    {
        Begin("boot", 10, pid: 1);

        var list = RunList.Read(folder, "another boot", At(5));

        Assert.True(list.AreAllDead);
        Assert.True(list.HadAny);
    }

    [Fact]
    public void List_LeasesHaveLongLapsed_AllAreDead()
    {
        Begin("boot", 10, pid: 1);
        // However long that one ran: its leases lapse from when it is known to be over.
        Begin("boot", 3 * 86_400, pid: 2);

        var soon = RunList.Read(folder, "boot", At(4 * 86_400));
        soon.Remove(2);
        var late = RunList.Read(folder, "boot", At((5 * 86_400) + 1));
        late.Remove(2);

        Assert.False(soon.AreAllDead);
        Assert.True(late.AreAllDead);
    }

    [Fact]
    public void List_FileIsDamaged_IsReadAsFarAsItGoes()
    {
        File.WriteAllText(Path.Combine(folder, "runs"), "boot x 0\nboot 1 0\nboo");

        var list = RunList.Read(folder, "boot", At(10));
        list.Remove(1);

        Assert.True(list.AreAllDead);
    }

    private static TimeSpan At(int seconds) => TimeSpan.FromSeconds(seconds);

    private void Begin(string boot, int at, int pid) => RunList.Read(folder, boot, At(at)).Begin(pid, At(at));
}
