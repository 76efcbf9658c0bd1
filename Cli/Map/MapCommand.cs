using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Files;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Streams;
using OrleansTasks.Cli.Tasks;

namespace OrleansTasks.Cli.Map;

/// <summary>
/// <c>otask map</c>: runs a command once for each argument, as GNU parallel does, on the workers. Each command is a
/// task.
/// </summary>
internal sealed class MapCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "map";

    /// <summary>The label of the tasks; its value is the map's id.</summary>
    private const string Label = "map";

    // Linux limits each argument of a program to 128 KiB, and /bin/sh -c takes the whole command as one argument.
    private const int LongestCommand = (128 << 10) - 1;

    private const int Window = 2000;

    // With --keep-order, a slow task holds back the output of later tasks, but not the tasks.
    private const int WindowInOrder = 10_000;

    private readonly Argument<string[]> words = new("word")
    {
        Description = "the command, a line for the shell with placeholders: {} {.} {/} {//} {/.} {1} {2.} {#}; without one, {} "
            + "follows it, and without a command each argument is one. Then ::: ARGUMENT... or :::: FILE..., also several times; "
            + "otherwise lines of standard input are the arguments",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<long?> jobs = NumberOption.Whole("--jobs", "how many tasks run at once; 0 for as many as the workers have slots [default: 0]");
    private readonly Option<bool> keepsOrder = Flag("--keep-order", "-k", "print the output in the order of the arguments, not of the ends");
    private readonly Option<string[]> files = SpecFields.Many("--arg-file", "FILE", "read the arguments from this file, like ::::");
    private readonly Option<bool> isNull = Flag("--null", "-0", "a zero byte ends each argument of a file or of standard input, not a line end");
    private readonly Option<string?> colsep = SpecFields.Text("--colsep", "REGEX", "split each argument at this regular expression; {1} and {2} are the parts");
    private readonly Option<string?> trim = SpecFields.Text("--trim", "SIDES", "remove spaces at an end of arguments: n (none), l, r or lr [default: lr with --colsep, else n]");
    private readonly Option<bool> skipsEmpty = Flag("--no-run-if-empty", "-r", "run nothing for an argument that is empty or has only spaces");
    private readonly Option<bool> quotes = Flag("--quote", "-q", "quote each word of the command for the shell");
    private readonly Option<bool> tags = Flag("--tag", null, "print the arguments and a tab before each line of output");
    private readonly Option<bool> bar = Flag("--bar", null, "show on standard error how far the map is");
    private readonly Option<string?> joblog = SpecFields.Text("--joblog", "FILE", "write a line about each ended task to this file");
    private readonly Option<bool> resumes = Flag("--resume", null, "run only tasks that the file of --joblog does not have");
    private readonly Option<bool> resumesFailed = Flag("--resume-failed", null, "like --resume, and run those again that failed");
    private readonly Option<string?> halt = SpecFields.Text(
        "--halt", "WHEN", "stop early: soon,fail=1 starts no further task after one has failed; now,… also cancels those that run; "
            + "success and done count other ends [default: never]");

    private readonly Option<bool> dryRun = Flag("--dry-run", null, "print the commands and run nothing");
    private readonly Option<bool> raw = Flag("--raw", null, TaskOutput.Help);
    private readonly SpecOptions spec = new(isOneOfMany: true);
    private readonly InputFiles inputs = new(isOneOfMany: true);
    private readonly Option<string?> artifactsTo = SpecFields.Text(
        "--artifacts-to", "DIR", "where the files that --artifact keeps go [default: this folder]");

    private readonly CommonOptions common;
    private readonly TextWriter output;
    private readonly TextWriter errors;

    private MapCommand(CommonOptions common, TextWriter output, TextWriter errors) =>
        (this.common, this.output, this.errors) = (common, output, errors);

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var map = new MapCommand(common, output, errors);
        map.jobs.Aliases.Add("-j");
        map.files.Aliases.Add("-a");
        map.colsep.Aliases.Add("-C");
        var command = new Command(
            Name, "run a command once for each argument, as GNU parallel does: print the output of each task when it has ended; the "
                + "exit code is the number of tasks that failed")
        {
            map.words, map.jobs, map.keepsOrder, map.files, map.isNull, map.colsep, map.trim, map.skipsEmpty, map.quotes, map.tags,
            map.bar, map.joblog, map.resumes, map.resumesFailed, map.halt, map.dryRun, map.raw,
        };
        map.spec.AddTo(command);
        map.inputs.AddTo(command);
        command.Add(map.artifactsTo);
        command.SetAction(map.Run);
        return command;
    }

    /// <summary>How many arguments at the end of the command line this command reads as bytes.</summary>
    public static int RawWords(ParseResult result) => result.CommandResult.Command.Name == Name
        ? result.CommandResult.Children.OfType<ArgumentResult>().Sum(static word => word.Tokens.Count) : 0;

    private async Task<int> Run(ParseResult result, CancellationToken cancellation)
    {
        var rule = HaltRule.Read(result.GetValue(halt));
        var (limit, body) = (result.GetValue(jobs) ?? 0, new JsonObject());
        if (limit < 0)
            throw UsageException.OfValue("--jobs", $"{limit}", "a number from 0");
        spec.Fill(body, result);
        var continues = result.GetValue(resumes) || result.GetValue(resumesFailed);
        if (continues && result.GetValue(joblog) is null)
            throw new UsageException("--resume needs --joblog FILE.");
        var lines = Read(result);
        if (result.GetValue(dryRun))
        {
            foreach (var line in lines)
                output.WriteLine(line.Command);
            return ExitCodes.Done;
        }

        using var log = result.GetValue(joblog) is { } file ? JobLog.Open(file, continues) : null;
        if (continues)
            lines = lines.Where(line => !log!.Has(line.Number, line.Command, result.GetValue(resumesFailed)));
        using var gateway = common.Open(result);
        await gateway.RequireRead(cancellation);
        var id = Guid.NewGuid().ToString("N")[..12];
        Complete(body, id, limit);
        var sending = new InputSending(gateway, errors, isQuiet: result.GetValue(bar));
        var batches = new MapBatches(gateway, id, body, sending);
        var inOrder = result.GetValue(keepsOrder);
        using var printer = new MapPrinter(
            gateway, common.Written.OpenStdout(result.GetValue(raw)), common.Written.OpenStderr(result.GetValue(raw)), errors,
            result.GetValue(tags), inOrder);
        var artifacts = inputs.ArtifactsIn(result).Length > 0
            ? new MapArtifacts(new ArtifactFiles(gateway, errors, isQuiet: true), result.GetValue(artifactsTo) ?? ".")
            : null;
        var tally = new MapTally(rule);
        // As in GNU parallel, submit a task only when --jobs lets it run, so --halt has none to take back.
        var window = rule is not null && limit > 0 ? (int)Math.Min(limit, Window) : inOrder ? WindowInOrder : Window;
        var progress = result.GetValue(bar) ? new MapBar(errors, TimeProvider.System) : null;
        using var run = new MapRun(
            MapFeed.Start(lines), batches, printer, tally, rule, log, progress, artifacts, window);
        return await Finish(run, tally, id);
    }

    private async Task<int> Finish(MapRun run, MapTally tally, string id)
    {
        using var second = new CancellationTokenSource();
        var isInterrupted = false;
        using var interrupts = new Interrupts(Interrupt, second.Cancel);
        await using var watch = common.Written.Unread.Register(() => _ = run.Stop());
        try
        {
            await run.Run(second.Token);
        }
        catch (OutputLostException lost)
        {
            throw lost.With(await run.Stop() ?? "the tasks of the map were cancelled");
        }
        catch (OperationCanceledException) when (second.IsCancellationRequested)
        {
            errors.WriteLine($"otask: interrupted; tasks of the map may still be ending. See: otask list --label {Label}={id}");
        }
        catch (Exception failure) when (failure is RefusedException or OutOfReachException || Patience.IsPassing(failure))
        {
            errors.WriteLine($"otask: tasks of the map may go on. See: otask list --label {Label}={id}");
            throw;
        }

        if (common.Written.Unread.IsCancellationRequested)
            throw OutputLostException.OfReader();
        // 2 is the number of SIGINT.
        return isInterrupted || second.IsCancellationRequested ? ExitCodes.Signal + 2 : tally.ExitCode;

        async Task Interrupt()
        {
            isInterrupted = true;
            errors.WriteLine("otask: cancelling the tasks of the map; press Ctrl-C again to exit without waiting");
            if (await run.Stop() is { } failure)
                errors.WriteLine($"otask: {failure}");
        }
    }

    /// <summary>Adds the label of the map and the limit of --jobs.</summary>
    private static void Complete(JsonObject body, string id, long limit)
    {
        var labels = body["labels"] as JsonObject ?? [];
        labels[Label] = id;
        body["labels"] = labels;
        if (limit == 0)
            return;
        if (body.ContainsKey("concurrency"))
            throw new UsageException("--jobs and --concurrency-key exclude each other: both limit how many tasks run at once. Give one of them.");
        body["concurrency"] = new JsonObject { ["key"] = $"map-{id}", ["limit"] = limit };
    }

    /// <summary>
    /// Returns the tasks in the order of the arguments. Reads the arguments as the caller enumerates.
    /// </summary>
    private IEnumerable<MapLine> Read(ParseResult result)
    {
        var given = result.GetValue(words) ?? [];
        var behindDashes = result.Tokens.SkipWhile(static token => token.Type != TokenType.DoubleDash).Skip(1).Count();
        if (behindDashes < given.Length)
            throw new UsageException($"Unknown option {given[0]}. Put the options of the command after its first word.");
        var (command, sources) = MapWords.Read(given, RawArguments.Last(given));
        var all = (result.GetValue(files) ?? []).Select(static file => new ArgumentSource(null, file, IsLinked: false)).Concat(sources).ToList();
        if (all.Count == 0)
            all.Add(new ArgumentSource(null, "-", IsLinked: false));
        var template = CommandTemplate.Read(command, result.GetValue(quotes));
        var rows = ArgumentLists.Combine(all, new ColumnRule(result.GetValue(colsep), result.GetValue(trim)), result.GetValue(isNull));
        if (result.GetValue(skipsEmpty))
            rows = rows.Where(static row => row.Any(static argument => argument.Any(static letter => letter is not (' ' or '\t' or '\n'))));
        var filed = new MapFiles(inputs, result);
        return rows.Select((row, index) => filed.AddTo(LineOf(template, row, index + 1L)));
    }

    private static MapLine LineOf(CommandTemplate template, string[] row, long number)
    {
        var command = template.Fill(row, number);
        return Encoding.UTF8.GetByteCount(command) is var length && length <= LongestCommand
            ? new MapLine(number, command, row)
            : throw new UsageException($"Command {number} has {length} bytes; a command may have up to {LongestCommand}.");
    }

    private static Option<bool> Flag(string name, string? alias, string description)
    {
        var flag = new Option<bool>(name) { Arity = ArgumentArity.Zero, Description = description };
        if (alias is not null)
            flag.Aliases.Add(alias);
        return flag;
    }
}
