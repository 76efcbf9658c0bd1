using OrleansTasks.Storage.Postgres.Schema;

namespace OrleansTasks.Storage.Tests.Postgres;

public sealed class ServerSettingsTests
{
    private static readonly ServerSettings Safe = new(150_018, "UTF8", "on", "on", "on", IsStandby: false);

    [Fact]
    public void Problem_SafeSettings_IsNone()
    {
        Assert.Null(Safe.Problem());
        Assert.Null((Safe with { SynchronousCommit = "remote_apply" }).Problem());
    }

    [Theory]
    [InlineData("off")]
    [InlineData("local")]
    [InlineData("remote_write")]
    public void Problem_WeakSynchronousCommit_NamesItAndTheRemedy(string value)
    {
        var problem = (Safe with { SynchronousCommit = value }).Problem()!;
        Assert.Contains($"synchronous_commit = {value}", problem, StringComparison.Ordinal);
        Assert.Contains("set it to on", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Problem_OfAServerThatIsUnfit_NamesTheSettingAndTheRemedy()
    {
        Assert.Contains("version 14; version 15 or newer", (Safe with { Version = 140_011 }).Problem(), StringComparison.Ordinal);
        Assert.Contains("Set fsync = on", (Safe with { Fsync = "off" }).Problem(), StringComparison.Ordinal);
        Assert.Contains("Set full_page_writes = on", (Safe with { FullPageWrites = "off" }).Problem(), StringComparison.Ordinal);
        Assert.Contains("standby", (Safe with { IsStandby = true }).Problem(), StringComparison.Ordinal);
        Assert.Contains("encoding LATIN1; UTF8", (Safe with { Encoding = "LATIN1" }).Problem(), StringComparison.Ordinal);
    }
}
