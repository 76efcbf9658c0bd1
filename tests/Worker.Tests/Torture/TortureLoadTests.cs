using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Tests.Agent;
using OrleansTasks.Worker.Tests.Processes;

namespace OrleansTasks.Worker.Tests.Torture;

/// <summary>
/// Hostile trees by the hundred, several at a time, in one agent, ended in changing ways; then counts what is left. <c>make
/// campaign-torture</c> does it with 10,000.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class TortureLoadTests
{
    private const int Slots = 6;
    private static readonly int Tasks = Number("OTASK_TORTURE_TASKS", 600);
    private static readonly int Seed = Number("OTASK_TORTURE_SEED", 1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly string mark = $"torture-{Guid.NewGuid():N}";
    private readonly SortedDictionary<string, int> ends = new(StringComparer.Ordinal);

    [Fact]
    public async Task Trees_ByTheHundred_LeaveNoProcessDescriptorOrFolder()
    {
        // Once before anything is counted, for what the runtime opens at the first use.
        await Run(20);
        ends.Clear();
        var before = Remains.Before();
        var open = OpenDescriptors.Count();
        var began = TimeProvider.System.GetTimestamp();

        var folders = await Run(Tasks);

        var took = TimeProvider.System.GetElapsedTime(began);
        var left = Remains.Of(before, mark, []);
        var leaks = OpenDescriptors.MoreThan(open);
        var groups = ControlGroups();
        WriteEvidence(took, left, leaks, folders, groups);
        Assert.True(left.Count == 0, $"{left.Count} processes are left: {string.Join("; ", left.Take(8))}");
        Assert.True(leaks.Count == 0, $"descriptors are left open: {string.Join("; ", leaks)}");
        Assert.True(folders.Count == 0, $"folders are left: {string.Join("; ", folders.Take(8))}");
        Assert.True(groups.Count == 0, $"control groups are left: {string.Join("; ", groups.Take(8))}");
        Assert.Equal(Tasks, ends.Values.Sum());
    }

    /// <summary>Runs so many, and gives the working folders that are left when the agent and its host have gone.</summary>
    private async Task<List<string>> Run(int count)
    {
        var choice = new Random(Seed);
        var agent = new AgentFixture(static options =>
        {
            options.Slots = Slots;
            options.SlotWait = Patience;
        });
        var trees = HostileTree.All.Where(tree => !tree.LimitsProcesses || agent.Enforces("processes")).ToArray();
        await agent.Started();
        var (sent, refused) = (0, 0);
        for (var ended = 0; ended < count;)
        {
            // What never had a slot is sent again as another: all that is counted has run.
            while (sent - refused < count && sent - refused - ended < Slots + 2) Send(agent, trees[sent % trees.Length], sent++, choice);
            var told = await agent.Master.Told.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);
            foreach (var reason in told.Results.Select(static result => result.Reason.ToString()))
                ends[reason] = ends.GetValueOrDefault(reason) + 1;
            ended += told.Results.Count;
            refused += told.Refused.Count;
        }

        // Only the trees' own files were in this folder, and what is not theirs must still be there.
        foreach (var kept in Directory.GetDirectories(agent.Folder, "*.mine"))
            Assert.True(File.Exists(Path.Combine(kept, "kept")), $"{kept} was not the task's to remove");
        var work = Path.Combine(agent.Folder, "work");
        var folders = new List<string>();
        await agent.DisposeAsync(() => folders.AddRange(Directory.EnumerateFileSystemEntries(work)));
        return folders;
    }

    private void Send(AgentFixture agent, HostileTree tree, int number, Random choice)
    {
        var start = agent.Shell("");
        start.Lease.TaskId = $"{mark}-{number}";
        var way = choice.Next(10);
        tree.Fill(start, Path.Combine(agent.Folder, $"ready{number}"), endsByItself: way < 6);
        start.KillGraceMs = choice.Next(30);
        // What ends by itself must not wait for ever where others leave it no time.
        start.TimeoutMs = way < 6 ? 60_000 : 1 + choice.Next(150);
        agent.Master.Send(start);
        if (way == 9) agent.Master.Send(new Commands { Cancel = { start.Lease } });
    }

    private void WriteEvidence(TimeSpan took, List<string> left, List<string> leaks, List<string> folders, List<string> groups)
    {
        var evidence = new JsonObject
        {
            ["campaign"] = "hostile process trees through one agent",
            ["commit"] = Environment.GetEnvironmentVariable("OTASK_COMMIT"),
            ["at"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            ["system"] = RuntimeInformation.OSDescription,
            ["cores"] = Environment.ProcessorCount,
            ["seed"] = Seed,
            ["trees"] = HostileTree.All.Count,
            ["slots"] = Slots,
            ["tasks"] = Tasks,
            ["seconds"] = Math.Round(took.TotalSeconds, 1),
            ["ends"] = new JsonObject(ends.Select(static end => KeyValuePair.Create(end.Key, (JsonNode?)end.Value))),
            ["processesLeft"] = left.Count,
            ["zombiesLeft"] = left.Count(static text => text.Contains(" state Z ", StringComparison.Ordinal)),
            ["descriptorsLeft"] = leaks.Count,
            ["foldersLeft"] = folders.Count,
            ["controlGroupsLeft"] = groups.Count,
        };
        TestContext.Current.TestOutputHelper?.WriteLine(evidence.ToJsonString());
        if (Environment.GetEnvironmentVariable("OTASK_TORTURE_EVIDENCE") is { Length: > 0 } file)
            File.WriteAllText(file, evidence.ToJsonString(new() { WriteIndented = true }) + "\n");
    }

    private static List<string> ControlGroups() => Directory.Exists("/sys/fs/cgroup")
        ? [.. Directory.EnumerateDirectories("/sys/fs/cgroup", $"orleanstasks-{Environment.ProcessId}-*",
            new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 6, IgnoreInaccessible = true })]
        : [];

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
