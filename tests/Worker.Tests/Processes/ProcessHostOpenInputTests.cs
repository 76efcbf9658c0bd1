using System.Text;

namespace OrleansTasks.Worker.Tests.Processes;

public sealed class ProcessHostOpenInputTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task WriteInput_LineByLine_IsAnsweredLineByLine()
    {
        var sink = new CollectingSink();
        var running = fixture.Host.Start(HostFixture.Shell("while read x; do echo \"got $x\"; done; echo end") with
        {
            KeepsInputOpen = true,
            Output = sink,
        });

        for (var i = 0; i < 5; i++)
        {
            Assert.True(await running.WriteInputAsync(Encoding.UTF8.GetBytes($"{i}\n")));
            await sink.SeesAsync($"got {i}\n");
        }
        running.CloseInput();

        Assert.Equal(0, (await running.Completion).ExitCode);
        Assert.EndsWith("got 4\nend\n", sink.OutputText);
    }

    [Fact]
    public async Task WriteInput_MoreThanThePipeTakes_ArrivesWhole()
    {
        var bytes = new byte[3_000_000];
        new Random(1).NextBytes(bytes);
        var sink = new CollectingSink();
        var running = fixture.Host.Start(HostFixture.Shell("echo ready; cat") with
        {
            KeepsInputOpen = true,
            Output = sink,
        });
        await sink.SeesAsync("ready\n");

        var written = running.WriteInputAsync(bytes);
        running.CloseInput();

        Assert.True(await written);
        await running.Completion;
        Assert.Equal(bytes, sink.Output["ready\n".Length..]);
    }

    [Fact]
    public async Task WriteInput_CommandEndsWithoutReading_IsFalse()
    {
        var running = fixture.Host.Start(HostFixture.Shell("exit 4") with { KeepsInputOpen = true });

        var written = running.WriteInputAsync(new byte[1_000_000]);

        Assert.False(await written);
        Assert.Equal(4, (await running.Completion).ExitCode);
        Assert.False(await running.WriteInputAsync(new byte[1]));
    }

    [Fact]
    public async Task WriteInput_CommandClosesItsInput_IsFalse()
    {
        var running = fixture.Host.Start(HostFixture.Shell("exec <&-; exec sleep 600") with { KeepsInputOpen = true });

        Assert.False(await running.WriteInputAsync(new byte[1_000_000]));

        running.KillNow();
        await running.Completion;
    }

    [Fact]
    public async Task WriteInput_NotAskedFor_Throws()
    {
        var running = fixture.Host.Start(HostFixture.Shell("exit 0"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => running.WriteInputAsync(new byte[1]));
        await running.Completion;
    }
}
