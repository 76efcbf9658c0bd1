using System.Globalization;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

[Collection(nameof(AloneCollection))]
public sealed class ProcessHostLoadTests
{
    [Fact]
    public async Task Host_TwoThousandEchoes_LeavesNoZombieAndNoDescriptor()
    {
        await RunMany(20);
        var children = Children();
        var before = Directory.GetFiles("/proc/self/fd").Length;

        await RunMany(2000);

        Assert.Equal(children, Children());
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before);
    }

    private static async Task RunMany(int count)
    {
        var fixture = new HostFixture();
        await fixture.InitializeAsync();
        var runs = Enumerable.Range(0, count).Select(async i =>
        {
            var outcome = await fixture.RunAsync(new StartRequest
            {
                Arguments = ["/bin/echo", i.ToString(CultureInfo.InvariantCulture)],
                Environment = HostFixture.CleanEnvironment,
            });
            Assert.Equal($"{i}\n", HostFixture.Text(outcome.StandardOutput));
        });
        await Task.WhenAll(runs);
        await fixture.DisposeAsync();
    }

    private static string[] Children() => Directory.GetDirectories("/proc/self/task")
        .Select(static thread => File.ReadAllText($"{thread}/children"))
        .Where(static list => list.Length > 0).ToArray();
}

[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
