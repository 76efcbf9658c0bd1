using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Jobs;

/// <summary><c>otask job</c>: data jobs.</summary>
internal static class JobCommand
{
    private const string Root = "/api/v1/jobs";
    private const int MostListed = 20;

    /// <summary>Creates the command with its subcommands.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) => new("job", "run and manage data jobs")
    {
        JobRunCommand.Make(common, output, errors),
        JobFeedCommand.Make(common, output, errors),
        List(common, output, errors),
        Get(common, output, errors),
        Control("cancel", "stop jobs; their aggregates stay as they are now", common, output),
        Control("close", "tell jobs with the source stream that no more items will come", common, output),
        Results(common),
        Failures(common, output),
        JobSpecCommand.Make(common, output),
        JobInsightCommand.Stats(common, output),
        JobInsightCommand.Chunks(common, output, errors),
    };

    private static Command List(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var limit = NumberOption.Limit($"maximum number of jobs to list; 0: all [default: {MostListed}]");
        var command = new Command("list", "list jobs, newest first") { limit };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var list = await Pages.List(
                gateway, static () => new RequestAddress(Root), result.GetValue(limit), errors, cancellation,
                MostListed);
            common.PrinterOf(result, output).List(list, list.Items(), Table);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Table Table(IEnumerable<JsonNode> jobs)
    {
        var table = new Table("ID", "STATE", "ITEMS", "PERCENT", "CREATED", "NAME");
        foreach (var job in jobs)
            table.Add(job.Field("id"), job.Field("state"), job.Field("itemsDone"), job.Field("percent"), job.Field("createdAt"), job.Field("name"));
        return table;
    }

    private static Command Get(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var id = new Argument<string>("id") { Description = "the job's id" };
        var wait = new Option<bool>("--wait", "-w") { Arity = ArgumentArity.Zero, Description = "wait for the job to "
            + "end, print its aggregate, and exit with a code that reflects its state" };
        var command = new Command("get", "show a job") { id, wait };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var name = result.GetValue(id)!;
            if (result.GetValue(wait))
                return JobRunCommand.Print(
                    await JobFollower.Follow(gateway, name, !Console.IsErrorRedirected, cancellation),
                    common.IsJson(result), output, errors);
            output.WriteLine(JsonText.Of(await gateway.Get($"{Root}/{PathSegment.OfId(name)}", cancellation)));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Control(string verb, string description, CommonOptions common, TextWriter output)
    {
        var ids = new Argument<string[]>("id") { Description = "the jobs' ids", Arity = ArgumentArity.OneOrMore };
        var command = new Command(verb, description) { ids };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            foreach (var id in result.GetValue(ids)!)
            {
                var job = await gateway.Post($"{Root}/{PathSegment.OfId(id)}/{verb}", null, null, cancellation);
                output.WriteLine(common.IsJson(result) ? JsonText.Of(job) : $"{job.Field("id")} {job.Field("state")}");
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Results(CommonOptions common)
    {
        var id = new Argument<string>("id") { Description = "the job's id" };
        var raw = new Option<bool>("--raw") { Arity = ArgumentArity.Zero, Description = TaskOutput.Help };
        var command = new Command("results", "print a job's collected results, one JSON value per line") { id, raw };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            await using var stdout = common.Written.OpenStdout(result.GetValue(raw));
            await gateway.Copy($"{Root}/{PathSegment.OfId(result.GetValue(id)!)}/results", stdout, cancellation);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Failures(CommonOptions common, TextWriter output)
    {
        var id = new Argument<string>("id") { Description = "the job's id" };
        var command = new Command("failures", "list a job's failed items and chunks") { id };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var address = $"{Root}/{PathSegment.OfId(result.GetValue(id)!)}/failures";
            var all = new JsonArray();
            for (string? cursor = null; ;)
            {
                var page = await gateway.Get(new RequestAddress(address).Add("limit", "1000").Add("cursor", cursor).ToString(), cancellation);
                foreach (var failure in page.Items())
                    all.Add(failure.DeepClone());
                if (page.Field("nextCursor") is not { Length: > 0 } next)
                    break;
                cursor = next;
            }

            common.PrinterOf(result, output).List(all, all.OfType<JsonNode>(), FailureTable);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Table FailureTable(IEnumerable<JsonNode> failures)
    {
        var table = new Table("CHUNK", "ITEM", "ATTEMPT", "NODE", "REASON", "VALUE", "MESSAGE");
        foreach (var failure in failures)
            table.Add(failure.Field("chunk"), failure.Field("item"), failure.Field("attempt"), failure.Field("node"), failure.Field("reason"),
                failure.Field("value"), failure.Field("message"));
        return table;
    }
}
