using OrleansTasks.Bench.Harness;
using OrleansTasks.Bench.Scenarios;
using OrleansTasks.Bench.Scenarios.Costs;
using OrleansTasks.Bench.Scenarios.Files;
using OrleansTasks.Bench.Scenarios.Floods;
using OrleansTasks.Bench.Scenarios.Jobs;
using OrleansTasks.Bench.Scenarios.Postgres;

if (args is [BareServer.Argument, var port])
{
    await BareServer.Serve(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture));
    return 0;
}

if (args is [PacedAnswers.Argument, var pace])
{
    PacedAnswers.Serve(int.Parse(pace, System.Globalization.CultureInfo.InvariantCulture));
    return 0;
}

if (args is [GrainCosts.Argument])
{
    await GrainMeasurement.Print();
    return 0;
}

if (args is [ManyNodes.SiloArgument, var port2, var nodes])
{
    await ManyNodes.BeSilo(
        int.Parse(port2, System.Globalization.CultureInfo.InvariantCulture), int.Parse(nodes, System.Globalization.CultureInfo.InvariantCulture));
    return 0;
}

if (args is ["--table", _, ..])
{
    Console.Write(BenchTable.Of(args[1..]));
    return 0;
}

// See docs/benchmarks.md.
var sequential = new Sequential();
IScenario[] scenarios =
[
    sequential,
    new IdleLatency(), new EchoBatch(), new DurablePost(), new DispatcherThroughput(), new LimitCost(), new IsolationCost(),
    new WorkflowThroughput(), new QueuedMemory(), new Recovery(), new StartTime(), new IdleCost(), new GrainCosts(), new ServiceCosts(),
    new RemoteLatency(), new RemoteCommands(), new IdleWorker(), new ManyNodes(), new ShapedTasks(), new LargeOutput(), new FileMoves(),
    new SharedInput(), new ClusterCsv(),
    new RangeJobs(), new PluginJobs(), new StreamJobs(), new CommandJobs(), new FileJobs(), new JobMemory(),
    new Herd(), new ScheduleHerd(), new ConsoleCost(), new Refuser(), new JobList(), new ServiceMemory(),
    new FloodScenario(), new FloodKills(), new PostgresLives(), new HeldSnapshot(), new ClusterLives(),
];

var names = new List<string>();
var runs = 5;
var output = (string?)null;
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--runs" && i + 1 < args.Length && int.TryParse(args[i + 1], out runs) && runs > 0)
        i++;
    else if (args[i] == "--count" && i + 1 < args.Length && int.TryParse(args[i + 1], out var count) && count > 0)
        (sequential.Count, i) = (count, i + 1);
    else if (args[i] == "--out" && i + 1 < args.Length)
        output = args[++i];
    else if (args[i] is "--help" or "-h")
        return Help();
    else if (args[i].StartsWith('-') || scenarios.All(scenario => scenario.Name != args[i]))
        return Refuse(args[i]);
    else
        names.Add(args[i]);
}

var report = new BenchReport(Machine.Describe(), runs);
var broken = 0;
foreach (var scenario in scenarios.Where(scenario => names.Count == 0 || names.Contains(scenario.Name)))
{
    Console.WriteLine($"# {scenario.Name}: {scenario.Summary}");
    try
    {
        foreach (var figure in await scenario.Run(runs))
            report.Add(scenario.Name, figure);
    }
    catch (Exception error)
    {
        // The figures of hours are kept, whatever one scenario lacks.
        Console.Error.WriteLine($"{scenario.Name} failed: {(error is ToolMissingException ? error.Message : error)}");
        broken++;
    }
}

if (output is not null)
    report.Save(output);
return broken > 0 ? 1 : report.HasMisses ? 3 : 0;

int Help()
{
    Console.WriteLine("bench [scenario ...] [--runs N] [--count N] [--out FILE]; without names every scenario runs.");
    Console.WriteLine("bench --table FILE ... shows figures that --out has saved as a table of Markdown. Scenarios:");
    foreach (var scenario in scenarios)
        Console.WriteLine($"  {scenario.Name,-16} {scenario.Summary}");
    return 0;
}

int Refuse(string word)
{
    Console.Error.WriteLine($"bench: '{word}' is neither a scenario nor an option. Scenarios: "
        + string.Join(", ", scenarios.Select(static scenario => scenario.Name)) + "; options: --runs N, --count N, --out FILE.");
    return 2;
}
