using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.Processing.Cron;

namespace OrleansTasks.Cli.Import;

/// <summary>
/// Reads a crontab, as Vixie's cron and cronie do: environment lines hold for the lines after them, <c>%</c> ends the
/// command and begins its input, and both kinds of day fields count if both are restricted.
/// </summary>
internal sealed partial class CrontabReader
{
    /// <summary>The label whose value names the notification for a task's MAILTO.</summary>
    public const string MailLabel = "crontab-mail";

    private const int LongestLine = 64 * 1024;
    private const int LongestDescription = 200;
    private static readonly char[] Blanks = [' ', '\t'];

    // What FreeBSD's cron has beside the names that schedules know.
    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["@every_minute"] = "* * * * *", ["@every_second"] = "* * * * * *",
    };

    private readonly ImportPlan plan;
    private readonly bool hasUsers;
    private readonly SortedDictionary<string, string> environment = new(StringComparer.Ordinal);
    private string shell = "/bin/sh";
    private string? zone;
    private string? home;
    private string? mail;
    private int delay;
    private string? comment;
    private string place = "";
    private bool hasToldFolder;

    private CrontabReader(ImportPlan plan, bool hasUsers) => (this.plan, this.hasUsers) = (plan, hasUsers);

    /// <summary>Adds the commands of a crontab to a plan.</summary>
    /// <param name="text">The crontab.</param>
    /// <param name="hasUsers">Whether a user stands before each command, as in <c>/etc/crontab</c>.</param>
    /// <param name="plan">The plan.</param>
    public static void Read(string text, bool hasUsers, ImportPlan plan)
    {
        var reader = new CrontabReader(plan, hasUsers);
        foreach (var (index, line) in text.Split('\n').Index())
        {
            reader.place = string.Create(CultureInfo.InvariantCulture, $"line {index + 1}");
            reader.ReadLine(line.TrimEnd('\r').TrimStart(Blanks));
        }
    }

    private void ReadLine(string line)
    {
        if (line.Length > LongestLine)
            plan.Fault(place, $"has more than {LongestLine} characters");
        else if (line.Any(static c => char.IsControl(c) && c != '\t'))
            plan.Fault(place, "has a control character");
        else if (line.Length == 0)
            comment = null;
        else if (line[0] == '#')
            comment = DescriptionOf(line);
        else if (Assignment().Match(line) is { Success: true } match)
            Assign(match.Groups["name"].Value, Unquoted(match.Groups["value"].Value.TrimEnd(Blanks)));
        else
        {
            ReadCommand(line);
            comment = null;
        }
    }

    // A command that is commented out describes nothing.
    private static string? DescriptionOf(string line)
    {
        var text = line.TrimStart('#', ' ', '\t').TrimEnd();
        if (text.Length == 0 || text[0] is '@' or '*' || char.IsAsciiDigit(text[0]))
            return null;
        return text.Length > LongestDescription ? text[..LongestDescription] : text;
    }

    private void Assign(string name, string value)
    {
        switch (name)
        {
            case "SHELL":
                shell = value;
                break;
            case "CRON_TZ":
                if (TimeZoneInfo.TryFindSystemTimeZoneById(value, out var found) && found.HasIanaId)
                    zone = value;
                else
                    plan.Fault(place, $"CRON_TZ: there is no time zone '{value}'");
                break;
            case "MAILTO":
                mail = value.Length == 0 ? null : value;
                break;
            case "RANDOM_DELAY":
                if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out delay))
                    plan.Fault(place, $"RANDOM_DELAY: '{value}' is not a number of minutes");
                else if (delay > 60)
                {
                    plan.Note(place, $"RANDOM_DELAY={value} becomes 60 minutes, the longest jitter of a schedule");
                    delay = 60;
                }

                break;
            case "MAILFROM" or "CONTENT_TYPE" or "CONTENT_TRANSFER_ENCODING":
            case "START_HOURS_RANGE" or "LOGNAME" or "USER":
                plan.Note(place, $"{name} is not carried over: it has no meaning for a task");
                break;
            default:
                if (!Variable().IsMatch(name))
                    plan.Fault(place, $"'{name}' is not the name of an environment variable");
                else
                    environment[name] = value;
                if (name == "HOME")
                    home = value;
                break;
        }
    }

    private void ReadCommand(string line)
    {
        // Some versions of cron log nothing about a line that begins with a dash.
        var rest = line.TrimStart('-');
        if (TimesOf(ref rest) is not { } cron)
            return;
        if (cron is ['@', ..] && cron.Equals("@reboot", StringComparison.OrdinalIgnoreCase))
        {
            plan.Note(place, "@reboot is not carried over: a schedule has no time when a machine starts");
            return;
        }

        if (cron.Contains('~'))
        {
            plan.Note(place, $"is not carried over: '{cron}' asks for a random time; choose one, or use a jitter");
            return;
        }

        if (OtherNames.TryGetValue(cron, out var known))
            cron = known;
        if (!CronExpression.TryParse(cron, out _, out var fault))
        {
            plan.Fault(place, $"'{cron}' {fault}");
            return;
        }

        var user = hasUsers ? Word(ref rest) : null;
        if (rest.Length == 0)
        {
            plan.Fault(place, hasUsers && user?.Length > 0 ? "has no command after the user" : "has no command");
            return;
        }

        if (user is not null)
            plan.Note(place, $"the user '{user}' is not carried over: the command runs as the user of the worker");
        else if (rest.StartsWith("root ", StringComparison.Ordinal))
            plan.Note(place, "the command begins with 'root'; give --system if this crontab has a column for users");
        Add(cron, rest);
    }

    private void Add(string cron, string command)
    {
        var (text, input) = Split(command);
        var task = shell == "/bin/sh"
            ? new JsonObject { ["cmd"] = text }
            : new JsonObject { ["argv"] = new JsonArray(shell, "-c", text) };
        if (environment.Count > 0)
            task["env"] = ImportPlan.Variables(environment);
        SpecFields.Set(task, "stdin", input);
        if (plan.Terms.Folder is null)
            SetFolder(task);
        if (mail is not null && plan.Terms.SendsMail)
            task["labels"] = new JsonObject { [MailLabel] = plan.MailLabel(mail) };
        else if (mail is not null)
            plan.Note(place, $"MAILTO={mail} is not carried over; --mail makes a notification of failures for it");

        var time = new JsonObject { ["cron"] = cron, ["timeZone"] = zone ?? plan.Terms.Zone, ["overlap"] = "allow" };
        if (delay > 0)
            time["jitter"] = string.Create(CultureInfo.InvariantCulture, $"{delay}m");
        plan.Add(place, ImportNames.OfCommand(text), comment, task, [time]);
    }

    private void SetFolder(JsonObject task)
    {
        if (home is not null)
            task["cwd"] = home;
        else if (!hasToldFolder)
        {
            hasToldFolder = true;
            plan.Note(
                place, "cron starts commands in their user's home folder, and tasks start in a fresh one; see --cwd");
        }
    }

    // Takes the five time fields, or the name that stands for them, from the line.
    private string? TimesOf(ref string rest)
    {
        if (rest is ['@', ..])
            return Word(ref rest);
        var fields = new string[5];
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i] = Word(ref rest);
            if (fields[i].Length > 0)
                continue;
            plan.Fault(place, $"has {i} words; expected minute, hour, day of month, month, day of week and a command");
            return null;
        }

        return string.Join(' ', fields);
    }

    private static string Word(ref string rest)
    {
        var end = rest.IndexOfAny(Blanks);
        var word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? "" : rest[end..].TrimStart(Blanks);
        return word;
    }

    /// <summary>
    /// Splits the command at the first <c>%</c> without a backslash. Further ones are ends of lines of its input.
    /// </summary>
    private static (string Command, string? Input) Split(string command)
    {
        var text = new StringBuilder();
        string? before = null;
        for (var i = 0; i < command.Length; i++)
        {
            if (command[i] == '\\' && i + 1 < command.Length && command[i + 1] == '%')
                text.Append(command[++i]);
            else if (command[i] != '%')
                text.Append(command[i]);
            else if (before is not null)
                text.Append('\n');
            else
            {
                before = text.ToString();
                text.Clear();
            }
        }

        return before is null ? (text.ToString(), null) : (before, text.Append('\n').ToString());
    }

    private static string Unquoted(string value) =>
        value.Length >= 2 && value[0] == value[^1] && value[0] is '"' or '\'' ? value[1..^1] : value;

    [GeneratedRegex(
        """\A(?:"(?<name>[^"]*)"|'(?<name>[^']*)'|(?<name>[^\s="']+))[ \t]*=[ \t]*(?<value>.*)\z""",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
