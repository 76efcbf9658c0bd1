using System.CommandLine;
using OrleansTasks.Cli.Apply;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Import;

/// <summary><c>otask import</c>: makes definitions with schedules from crontabs and from timers of systemd.</summary>
internal sealed class ImportCommand
{
    private const int MostBytes = 1 << 20;

    private Option<bool> DryRun { get; } = Flag(
        "--dry-run", "change nothing and call no gateway; print what otask apply -f would take, as YAML");

    private Option<bool> System { get; } = Flag(
        "--system", "the crontab has a user before each command, as /etc/crontab has");

    private Option<bool> Mails { get; } = Flag(
        "--mail", "make a notification by mail, of failures and recoveries, for each MAILTO");

    private Option<bool> Paused { get; } = Flag("--paused", "the schedules are paused at first");
    private Option<string?> Prefix { get; } = Text(
        "--prefix", "NAME", "what the names of the definitions begin with [default: crontab or systemd]");

    private Option<string?> Zone { get; } = Text(
        "--zone", "NAME",
        "the IANA name of the time zone, unless a line names another [default: that of this machine]");

    private Option<string?> Queue { get; } = Text("--queue", "NAME", "the queue of the tasks");
    private Option<string?> Timeout { get; } = Text(
        "--timeout", "DURATION", "the maximum run time of each task [default: 24h]");

    private Option<string?> Folder { get; } = Text("--cwd", "DIR", "the working folder of all tasks");
    private Option<string?> Only { get; } = Text(
        "--only", "CALENDARS", "only at times of one of these calendars, comma-separated");

    private Option<string?> Except { get; } = Text(
        "--except", "CALENDARS", "not at times of any of these calendars, comma-separated");

    private Option<string[]> Requires { get; } = Many(
        "--require", "KEY=VALUE", "a label that a node must have to run the tasks");

    private Option[] Common =>
        [DryRun, Prefix, Zone, Queue, Timeout, Folder, Requires, Only, Except, Paused];

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) =>
        new ImportCommand().Build(common, output, errors);

    private Command Build(CommonOptions common, TextWriter output, TextWriter errors) => new(
        "import",
        "make definitions with schedules from crontabs and from timers of systemd, and say what cannot be carried over")
    {
        Crontab(common, output, errors), Systemd(common, output, errors),
    };

    private Command Crontab(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var file = new Argument<string>("file")
        {
            Description = "the crontab, as crontab -l prints it, or - for standard input",
        };
        var command = new Command("crontab", "make a definition with a schedule from each line of a crontab")
        {
            file, System, Mails,
        };
        return With(command, "crontab", common, output, errors,
            (result, plan) => CrontabReader.Read(Bounded(result.GetValue(file)!), result.GetValue(System), plan));
    }

    private Command Systemd(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var files = new Argument<string[]>("file")
        {
            Description = "the timers' files; their services are in the same folders", Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command(
            "systemd", "make a definition with schedules from each timer of systemd and its service")
        {
            files,
        };
        return With(command, "systemd", common, output, errors, (result, plan) =>
        {
            foreach (var one in result.GetValue(files)!)
                TimerReader.Read(one, static path => File.Exists(path) ? Bounded(path) : null, plan);
        });
    }

    private Command With(
        Command command, string prefix, CommonOptions common, TextWriter output, TextWriter errors,
        Action<ParseResult, ImportPlan> read)
    {
        foreach (var option in Common)
            command.Add(option);
        command.SetAction(async (result, cancellation) =>
        {
            var plan = new ImportPlan(TermsOf(result, prefix));
            read(result, plan);
            if (plan.Faults.Count > 0)
                throw new UsageException($"nothing is imported; correct this first:\n{string.Join('\n', plan.Faults)}");
            foreach (var note in plan.Notes)
                errors.WriteLine(Output.TerminalText.Line($"otask: {note}"));
            if (plan.Count == 0)
                throw new UsageException("there is no command to import.");
            if (!result.GetValue(DryRun))
            {
                var declared = Declaration.In("import", plan.ToDocument());
                return await ApplyCommand.Run(declared, isDry: false, common, result, output, cancellation);
            }

            YamlWriter.Write(plan.ToDocument(), output);
            return ExitCodes.Done;
        });
        return command;
    }

    private ImportTerms TermsOf(ParseResult result, string prefix) => new()
    {
        Prefix = result.GetValue(Prefix) is { } name ? Checked(name) : prefix,
        Zone = result.GetValue(Zone) ?? LocalZone(),
        Timeout = result.GetValue(Timeout) ?? "24h",
        Queue = result.GetValue(Queue),
        Folder = result.GetValue(Folder),
        Requires = Pairs.Read(Requires.Name, result.GetValue(Requires)),
        Only = ListOf(result.GetValue(Only)),
        Except = ListOf(result.GetValue(Except)),
        SendsMail = result.CommandResult.Command.Options.Contains(Mails) && result.GetValue(Mails),
        IsPaused = result.GetValue(Paused),
    };

    private static string Checked(string prefix) =>
        prefix.Length is > 0 and <= ImportNames.Longest / 2
        && string.Join('/', prefix.Split('/').Select(ImportNames.Slug)) == prefix
            ? prefix
            : throw new UsageException(
                $"Invalid value '{prefix}' for --prefix: expected a name such as web1 or team/web1.");

    // A machine may have a zone that has no IANA name.
    private static string LocalZone() => TimeZoneInfo.Local.HasIanaId ? TimeZoneInfo.Local.Id
        : throw new UsageException("this machine's time zone has no IANA name; give --zone.");

    private static string[] ListOf(string? names) => names is null ? [] : [.. ImportNames.Split(names)];

    private static Option<bool> Flag(string name, string description) =>
        new(name) { Arity = ArgumentArity.Zero, Description = description };

    private static string Bounded(string file) => TextFile.ReadUnmarked("file", file) is { Length: <= MostBytes } text
        ? text
        : throw new UsageException($"'{file}' has more than {MostBytes >> 20} MiB.");
}
