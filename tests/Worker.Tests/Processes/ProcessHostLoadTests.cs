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
        var before = Descriptors();

        await RunMany(2000);

        Assert.Equal(children, Children());
        // What a host has leaked stays open. What other threads of the process have open for a moment does not.
        var limit = TimeSpan.FromSeconds(30);
        for (var began = TimeProvider.System.GetTimestamp(); More(before) is { } more; await Task.Yield())
            Assert.True(TimeProvider.System.GetElapsedTime(began) < limit, more);
    }

    // Of which kind more is open than before; null when none is. Sockets are the runtime's: a host has none.
    private static string? More(string[] before) => Descriptors().Where(static kind => kind is not ("socket" or ""))
        .GroupBy(static kind => kind)
        .Select(kind => (Name: kind.Key, Now: kind.Count(), Before: before.Count(known => known == kind.Key)))
        .Where(static kind => kind.Now > kind.Before)
        .Select(static kind => $"{kind.Name}: {kind.Now} are open, {kind.Before} were: {string.Join(' ', Targets())}")
        .FirstOrDefault();

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

    /// <summary>What is open, by what it is, but for the assemblies that the runtime loads as it goes.</summary>
    private static string[] Descriptors() => [.. Targets().Select(static target => target.Split(':')[0]).Order()];

    private static IEnumerable<string> Targets() => Directory.GetFiles("/proc/self/fd")
        .Select(static path => new FileInfo(path).LinkTarget ?? "")
        .Where(static target => !target.EndsWith(".dll", StringComparison.Ordinal));

    private static string[] Children() => Directory.GetDirectories("/proc/self/task")
        .Select(static thread => ChildrenOf(thread))
        .Where(static list => list.Length > 0).ToArray();

    private static string ChildrenOf(string thread)
    {
        try
        {
            return File.ReadAllText($"{thread}/children");
        }
        catch (IOException) when (!Directory.Exists(thread))
        {
            // The pool has ended it since it was listed; another thread has its children, if there were any.
            return "";
        }
    }
}

[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
