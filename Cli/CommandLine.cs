using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Apply;
using OrleansTasks.Cli.Audit;
using OrleansTasks.Cli.Calendars;
using OrleansTasks.Cli.Cluster;
using OrleansTasks.Cli.Completion;
using OrleansTasks.Cli.Definitions;
using OrleansTasks.Cli.Demo;
using OrleansTasks.Cli.Doctor;
using OrleansTasks.Cli.Events;
using OrleansTasks.Cli.Files;
using OrleansTasks.Cli.Help;
using OrleansTasks.Cli.Import;
using OrleansTasks.Cli.Jobs;
using OrleansTasks.Cli.Keys;
using OrleansTasks.Cli.Map;
using OrleansTasks.Cli.Mcp;
using OrleansTasks.Cli.Notifications;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Profiles;
using OrleansTasks.Cli.Rollouts;
using OrleansTasks.Cli.Schedules;
using OrleansTasks.Cli.Stores;
using OrleansTasks.Cli.Streams;
using OrleansTasks.Cli.Tasks;
using OrleansTasks.Cli.Triggers;
using OrleansTasks.Cli.Watching;
using OrleansTasks.Cli.Webhooks;
using OrleansTasks.Cli.Workflows;

namespace OrleansTasks.Cli;

/// <summary>The program: its commands, and how their failures are reported.</summary>
public sealed class CommandLine
{
    // Otherwise the parser would replace an argument that begins with @ by the lines of the file that it names.
    private static readonly ParserConfiguration Literal = new() { ResponseFileTokenReplacer = null };

    private readonly CommonOptions common;
    private readonly TextWriter errors;
    private readonly TextWriter output;
    private readonly RootCommand root;
    private readonly Command run;
    private readonly Command map;
    private readonly StandardStreams? streams;

    /// <summary>Creates the program with the process's own streams.</summary>
    /// <param name="streams">The streams.</param>
    /// <param name="store">Opens what works in stores.</param>
    internal CommandLine(StandardStreams streams, Func<IStoreWork> store)
        : this(streams.Output, streams.Errors, new TaskOutput(streams), store) => this.streams = streams;

    /// <summary>Creates the program, without commands that work in a store.</summary>
    /// <param name="output">Receives otask's output.</param>
    /// <param name="errors">Receives messages for the user.</param>
    /// <param name="taskOutput">Receives what tasks wrote to stdout; null for nothing.</param>
    /// <param name="taskErrors">Receives what tasks wrote to stderr; null for nothing.</param>
    public CommandLine(TextWriter output, TextWriter errors, Stream? taskOutput = null, Stream? taskErrors = null)
        : this(output, errors, new TaskOutput(taskOutput ?? Stream.Null, taskErrors ?? Stream.Null), NoStore)
    {
    }

    /// <summary>Creates the program with other streams.</summary>
    internal CommandLine(TextWriter output, TextWriter errors, TaskOutput written, Func<IStoreWork> store)
    {
        (this.output, this.errors) = (output, errors);
        common = new CommonOptions(written, store);
        run = RunCommand.Make(common, output, errors);
        map = MapCommand.Make(common, output, errors);
        root = new RootCommand("otask submits tasks to an OrleansTasks gateway and manages them.")
        {
            common.Url, common.Key, common.ProfileName, common.Json, common.Output, common.NoColor, common.Reason,
            SubmitCommand.Make(common, output, errors),
            run,
            map,
            GetCommand.Make(common, output),
            GetCommand.MakeSpec(common, output),
            ListCommand.Make(common, output, errors).Formerly("ls"),
            WaitCommand.Make(common, output, errors),
            WatchCommand.Make(common, output, errors),
            WhyCommand.Make(common, output),
            TopCommand.Make(common, output),
            LogsCommand.Make(common, output, errors),
            ResultCommand.Make(common),
            FilesCommand.Make(common, output, errors),
            ControlCommand.MakeCancel(common, output, errors),
            ControlCommand.MakeRetry(common, output, errors),
            UndoCommand.Make(common, output),
            FailuresCommand.Make(common, output, errors),
            NodesCommand.Make("nodes", common, output).Old(),
            NodeCommand.Make(common, output),
            QueuesCommand.Make("queues", common, output).Old(),
            QueueCommand.Make(common, output, errors),
            JobCommand.Make(common, output, errors),
            DefinitionCommand.Make(common, output, errors),
            ScheduleCommand.Make(common, output, errors),
            CalendarCommand.Make(common, output),
            WorkflowCommand.Make(common, output, errors),
            RolloutCommand.Make(common, output, errors),
            WebhookCommand.Make(common, output, errors),
            TriggerCommand.Make(common, output),
            NotificationCommand.Make(common, output),
            EventCommand.Make(common, output, errors),
            AttentionCommand.Make(common, output),
            ClusterCommand.Make(common, output),
            ApplyCommand.Make(common, output),
            ApplyCommand.MakeDiff(common, output),
            ImportCommand.Make(common, output, errors),
            DemoCommand.Make(common, output),
            AuditCommand.Make(common, output, errors),
            DoctorCommand.Make(common, output),
            ExplainCommand.Make(common, output),
            OpenCommand.Make(common, output),
            ApiCommand.Make(common, errors),
            McpCommand.Make(common, output),
            ConfigCommand.Make(common, output),
            CompletionCommand.Make(output),
            ManualCommand.Make(output),
            KeyCommand.Make(common, output, errors),
            DbCommand.Make(common, output),
        };
        LiveNames.AddTo(root, common);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpPages();
        // Remove the Windows-style aliases, which would be suggested wherever an id is completed.
        foreach (var alias in (string[])["/h", "/?", "-?"])
            help.Aliases.Remove(alias);
    }

    /// <summary>All commands.</summary>
    internal RootCommand Root => root;

    /// <summary>Runs a command and returns the process's exit code.</summary>
    public async Task<int> Run(string[] args)
    {
        if (streams is { HasOutput: false })
            return Fail(
                "standard output is closed, so nothing was done; if you do not want the output, send it to /dev/null",
                ExitCodes.OutputLost);
        var result = Parse(args);
        if (streams is not null && RawArguments.FaultIn(args, result, MapCommand.RawWords(result)) is { } fault)
            return Fail(fault, ExitCodes.BadUsage);
        args = MapWords.Mark(args, root, map);
        if (FlagsWithValues(args, result).FirstOrDefault() is { } flag)
            return Fail($"{flag}\nTry: {Help(result)}", ExitCodes.BadUsage);
        if (result.Errors.Count == 0 && UnknownOptions(args, result, isCommand: false).FirstOrDefault() is { } unknown)
            return Fail($"{unknown}\nTry: {Help(result)}", ExitCodes.BadUsage);
        if (result.Errors.Count > 0)
            return Fail($"{MistakesOf(result)}\nTry: {Help(result)}", ExitCodes.BadUsage);
        try
        {
            // They cancel their tasks when they are interrupted or their reader has gone, and wait for that.
            var isRun = result.CommandResult.Command == run || result.CommandResult.Command == map;
            var settings = new InvocationConfiguration
            {
                Output = output,
                Error = errors,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = isRun ? null : TimeSpan.FromSeconds(2),
            };
            return await result.InvokeAsync(settings, isRun ? CancellationToken.None : common.Written.Unread);
        }
        catch (OutputLostException e)
        {
            streams?.Speak();
            return e.Notice is null
                ? ExitCodes.ReaderGone
                : Fail(e.Notice, e.IsReaderGone ? ExitCodes.ReaderGone : ExitCodes.OutputLost);
        }
        catch (Exception e) when (e is OperationCanceledException && common.Written.Unread.IsCancellationRequested)
        {
            return ExitCodes.ReaderGone;
        }
        catch (UsageException e)
        {
            return Fail($"{e.Message}\nTry: {Help(result)}", ExitCodes.BadUsage);
        }
        catch (RefusedException e)
        {
            return Refuse(e, result);
        }
        catch (StoreFailedException e)
        {
            return Fail(e.Message, ExitCodes.Refused);
        }
        catch (NotConfirmedException e)
        {
            return Fail(e.Message, ExitCodes.NotConfirmed);
        }
        catch (OutOfReachException e)
        {
            return Fail(e.Message, ExitCodes.OutOfReach);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException { InnerException: TimeoutException })
        {
            // A connection timeout is reported as a cancellation.
            return Fail(
                $"the gateway cannot be reached: {(e.InnerException as TimeoutException ?? e).Message} Is it running (make run), and is --url right?",
                ExitCodes.OutOfReach);
        }
        catch (IOException e) when (common.HasGateway)
        {
            return Fail($"the connection broke during the answer: {e.Message}", ExitCodes.OutOfReach);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Commands that call a gateway report the faults of local files themselves.
            return Fail(e.Message, ExitCodes.OutputLost);
        }
        catch (OperationCanceledException)
        {
            // 2 is the number of SIGINT.
            return ExitCodes.Signal + 2;
        }
        catch (Exception e) when (streams is not null)
        {
            // Otherwise the runtime would end otask by SIGABRT, which reads as the end of the task.
            return Fail($"this is a defect of otask; please report it. {e}", ExitCodes.Defect);
        }
    }

    /// <summary>Returns what is wrong with a command line, without running it; empty if otask would run it.</summary>
    public IReadOnlyList<string> MistakesIn(string[] args)
    {
        var result = Parse(args);
        args = MapWords.Mark(args, root, map);
        return
        [
            .. result.Errors.Select(static error => error.Message), .. FlagsWithValues(args, result),
            .. UnknownOptions(args, result, isCommand: false), .. UnknownOptions(args, result, isCommand: true),
        ];
    }

    /// <summary>
    /// Returns the options that the parser took for arguments. <see cref="CommandWords"/> refuses those among the words of a
    /// task's command when it reads them, with advice of its own.
    /// </summary>
    private static IEnumerable<string> UnknownOptions(string[] args, ParseResult result, bool isCommand) =>
        args.Contains("--") ? [] : result.CommandResult.Children.OfType<ArgumentResult>()
            .Where(argument => argument.Argument.Name == "command" == isCommand)
            .SelectMany(static argument => argument.Tokens)
            .Where(static token => token.Value is ['-', _, ..])
            .Select(static token => $"Unknown option {token.Value}.");

    /// <summary>
    /// Returns the flags that have a value, such as <c>--wait=false</c>. The parser takes the value for an argument, which
    /// would be a word of the task's command, or another id.
    /// </summary>
    private static IEnumerable<string> FlagsWithValues(string[] args, ParseResult result)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var at = result.CommandResult; at is not null; at = at.Parent as CommandResult)
        {
            var options = at.Command.Options.Where(option => at == result.CommandResult || option.Recursive);
            foreach (var option in options.Where(static option => option.Arity.MaximumNumberOfValues == 0))
                names.UnionWith(option.Aliases.Prepend(option.Name));
        }

        return from arg in args.TakeWhile(static arg => arg != "--")
            let end = arg.IndexOfAny(['=', ':'])
            where end > 0 && names.Contains(arg[..end])
            select $"{arg[..end]} takes no value: give it alone, or leave it out.";
    }

    /// <summary>Parses a command line.</summary>
    internal ParseResult Parse(string[] args) => root.Parse(
        args switch
        {
            ["help", .. var command] => [.. command, "--help"],
            ["version"] => ["--version"],
            _ => MapWords.Mark(args, root, map),
        },
        Literal);

    private static string MistakesOf(ParseResult result)
    {
        var mistakes = string.Join('\n', result.Errors.Select(static error => error.Message));
        if (result.UnmatchedTokens is not [var typed, ..])
            return mistakes;
        var command = result.CommandResult.Command;
        var known = typed.StartsWith('-')
            ? command.Options.Concat(((RootCommand)result.RootCommandResult.Command).Options.Where(static option => option.Recursive))
                .Select(static option => option.Name)
            : command.Subcommands.Where(static child => !child.Hidden).Select(static child => child.Name);
        return Typos.Closest(typed, known) is { } meant ? $"{mistakes.Split('\n').Last(line => line.Contains(typed, StringComparison.Ordinal))} Did you mean '{meant}'?" : mistakes;
    }

    private static IStoreWork NoStore() => throw new StoreFailedException("this command works in a store, and there is none here.");

    private static string Help(ParseResult result)
    {
        var path = "";
        for (var at = result.CommandResult; at?.Command is not (null or RootCommand); at = at.Parent as CommandResult)
            path = $"{at.Command.Name} {path}";
        return $"otask {path}--help";
    }

    private int Refuse(RefusedException refusal, ParseResult result)
    {
        try
        {
            if (common.IsJson(result))
                output.WriteLine(JsonText.Of(refusal.Problem));
        }
        catch (OutputLostException)
        {
            // The message says the same.
        }

        return Fail(refusal.Message, ExitCodes.Refused);
    }

    private int Fail(string message, int code)
    {
        // A message may quote what another program has answered.
        errors.WriteLine(TerminalText.Lines($"otask: {message}"));
        return code;
    }
}
