using OrleansTasks.Simulation.Campaign;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.World;

if (CampaignOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(CampaignOptions.Usage);
    return 2;
}

if (options.PrintsHashes)
{
    for (var seed = options.From; seed < options.From + options.Seeds; seed++)
        Console.WriteLine($"{seed} {Run.Of(PlanOf(options, seed), hashesMessages: true).Hash:x16}");
    return 0;
}

if (options.IsReplay)
    return Replay(options);
Console.WriteLine(FormattableString.Invariant($"{options.Seeds} seeds from {options.From}"));
var result = Campaigns.Run(
    [.. Enumerable.Range(options.From, options.Seeds)], options.Threads, TimeProvider.System, options.StopsAtFirst ? 1 : Campaigns.EnoughFailures);
if (options.StopsAtFirst && result.Failed.Count > 0)
{
    var first = result.Failed.Values.First();
    Console.WriteLine($"seed {first.Plan.Seed} failed at {first.Time.TotalSeconds:0.0} s: {first.Failure}");
    return 1;
}

foreach (var failed in result.Failed.Values)
    Console.WriteLine(Report.Of(failed));
Console.WriteLine(Report.Of(result));
foreach (var what in result.Missing)
    Console.WriteLine($"never happened: {what}");
foreach (var what in result.TooRare)
    Console.WriteLine($"too rare: {what}");
foreach (var failure in result.Unobserved)
    Console.WriteLine($"nobody looked at: {failure}");
if (options.Cover > 0)
    Console.WriteLine($"everything happens in: {string.Join(", ", result.Cover(options.Cover))}");
if (options.Evidence is { } path)
    Evidence.Write(path, options, result);
return result.Failed.Count == 0 && result.Missing.Length == 0 && result.TooRare.Length == 0 && result.Unobserved.Length == 0 ? 0 : 1;

static Plan PlanOf(CampaignOptions options, int seed)
{
    var plan = Plan.Of(seed);
    return plan with { Tasks = options.Tasks ?? plan.Tasks, Jobs = options.Jobs ?? plan.Jobs };
}

static int Replay(CampaignOptions options)
{
    var plan = options.Script is { } script ? Script.Read(File.ReadAllText(script)) : PlanOf(options, options.From);
    if (options.Faults is { } kept)
        plan = plan with { Faults = [.. plan.Faults.Where(fault => kept.Contains(fault.Number))] };
    foreach (var fault in plan.Faults.OrderBy(static fault => fault.At))
        Console.WriteLine(fault);
    using var trace = options.Trace is { } path ? new StreamWriter(path) : null;
    var outcome = Run.Of(plan, trace is null ? null : trace.WriteLine);
    Console.WriteLine($"seed {plan.Seed}: {outcome.Steps} steps, {outcome.Commits} commits, {outcome.Tasks} tasks, {outcome.Jobs} jobs, "
        + $"{outcome.Time.TotalSeconds:0.0} virtual seconds, hash {outcome.Hash:x16}");
    Console.WriteLine(outcome.Failure ?? "everything held");
    if (outcome.Failure is not null && options.Faults is null && options.Script is null)
        Console.WriteLine(Report.Of(outcome));
    return outcome.Failure is null ? 0 : 1;
}
