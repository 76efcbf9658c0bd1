using System.Globalization;
using System.Text.Json;
using OrleansTasks.Definitions;
using OrleansTasks.Processing.Text;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Notifications;

/// <summary>Reads the body of a notification from JSON and reports all of its faults.</summary>
public static class NotificationSpecReader
{
    private static readonly string[] Names = ["on", "match", "to", "quiet", "digest", "template", "paused"];
    private static readonly string[] Kinds = ["failed", "recovered", "late", "attention"];
    private static readonly string[] MatchNames = ["queue", "definition", "schedule", "label"];
    private static readonly string[] Channels = ["mail", "slack", "teams"];
    private static readonly string[] TemplateNames = ["subject", "event", "text"];
    private static readonly string[] QuietNames = ["from", "to", "zone"];

    /// <summary>Returns whether a notification may have this name.</summary>
    public static bool IsName(string name) => SpecRules.IsQueueName(name);

    /// <summary>Reads a body. Returns null if it has faults.</summary>
    public static NotificationSpec? Read(ReadOnlyMemory<byte> utf8, SpecErrors errors)
    {
        using var document = JsonFields.Parse(utf8, errors);
        if (document is null || !JsonFields.Is(document.RootElement, JsonValueKind.Object, StrictReader.Root, errors))
            return null;
        var root = document.RootElement.Clone();
        JsonFields.CheckNames(root, Names, "", errors);
        var spec = ReadChannel(root, ReadMatch(root, new NotificationSpec(), errors), errors) with
        {
            On = ReadKinds(root, errors),
            Quiet = ReadQuiet(root, errors),
            Digest = ReadDigest(root, errors),
            Template = ReadTemplate(root, errors),
            IsPaused = JsonFields.Flag(root, "paused", "", errors),
        };
        return errors.IsEmpty ? spec : null;
    }

    /// <summary>Reads a stored body. Throws <see cref="FormatException"/> if it cannot be read.</summary>
    public static NotificationSpec ReadStored(ReadOnlyMemory<byte> utf8)
    {
        var errors = new SpecErrors();
        return Read(utf8, errors) ?? throw errors.Unreadable("notification");
    }

    private static NotificationKinds ReadKinds(JsonElement root, SpecErrors errors)
    {
        var kinds = NotificationKinds.None;
        if (!JsonFields.TryGet(root, "on", out var list))
            errors.Add("on", $"is missing; give some of {string.Join(", ", Kinds)}");
        else if (JsonFields.Is(list, JsonValueKind.Array, "on", errors))
        {
            if (list.GetArrayLength() == 0)
                errors.Add("on", $"is empty; give some of {string.Join(", ", Kinds)}");
            foreach (var (index, item) in list.EnumerateArray().Index())
            {
                var text = item.ValueKind == JsonValueKind.String ? item.GetString()! : "";
                if (Array.IndexOf(Kinds, text) is >= 0 and var at)
                    kinds |= (NotificationKinds)(1 << at);
                else
                {
                    errors.Add(string.Create(CultureInfo.InvariantCulture, $"on[{index}]"),
                        NearMatch.Find(text, Kinds) is { } near
                        ? $"is unknown; did you mean '{near}'?" : $"must be one of {string.Join(", ", Kinds)}");
                }
            }
        }

        return kinds;
    }

    private static NotificationSpec ReadMatch(JsonElement root, NotificationSpec spec, SpecErrors errors)
    {
        if (!JsonFields.TryGet(root, "match", out var match)
            || !JsonFields.Is(match, JsonValueKind.Object, "match", errors))
            return spec;
        JsonFields.CheckNames(match, MatchNames, "match", errors);
        return spec with
        {
            Queue = Pattern(match, "queue", errors),
            Definition = Pattern(match, "definition", errors),
            Schedule = Pattern(match, "schedule", errors),
            Labels = ReadLabels(match, errors),
        };
    }

    private static string? Pattern(JsonElement match, string name, SpecErrors errors)
    {
        var pattern = JsonFields.Text(match, name, "match", errors);
        if (pattern is { Length: 0 or > 128 })
            errors.Add($"match.{name}", "must have 1 to 128 characters; * stands for any text");
        return pattern;
    }

    // One label as a text, or several as an object.
    private static ImmutableArray<Label> ReadLabels(JsonElement match, SpecErrors errors)
    {
        if (!JsonFields.TryGet(match, "label", out var label))
            return [];
        ImmutableArray<Label> labels = label.ValueKind switch
        {
            JsonValueKind.String when label.GetString()!.Split('=', 2) is [var key, var value] =>
                [new Label(key, value)],
            JsonValueKind.Object when label.EnumerateObject()
                .All(static one => one.Value.ValueKind == JsonValueKind.String) =>
                [.. label.EnumerateObject().Select(static one => new Label(one.Name, one.Value.GetString()!))],
            _ => [],
        };
        if (labels.Length is 0 or > SpecRules.MostLabels)
            errors.Add("match.label",
                $"must be a label such as \"team=data\", or an object with 1 to {SpecRules.MostLabels} labels");
        else if (labels.FirstOrDefault(static one => !SpecRules.IsLabelKey(one.Key)) is { Key: { } wrong })
            errors.Add(
                "match.label", $"'{StrictReader.Quote(wrong)}' is not a label key: it must match {SpecRules.LabelKey}");
        else if (labels.Select(static one => SpecRules.FaultOfLabelValue(one.Value))
            .FirstOrDefault(static fault => fault is not null) is { } fault)
            errors.Add("match.label", fault);
        return labels;
    }

    private static NotificationSpec ReadChannel(JsonElement root, NotificationSpec spec, SpecErrors errors)
    {
        if (!JsonFields.TryGet(root, "to", out var to))
        {
            errors.Add("to", $"is missing; give one of {string.Join(", ", Channels)}");
            return spec;
        }

        if (!JsonFields.Is(to, JsonValueKind.Object, "to", errors))
            return spec;
        JsonFields.CheckNames(to, Channels, "to", errors);
        var given = Channels.Where(name => JsonFields.TryGet(to, name, out _)).ToArray();
        if (given is not [var only])
        {
            errors.Add("to", given.Length == 0 ? $"is empty; give one of {string.Join(", ", Channels)}"
                : "has several members; give one of them");
            return spec;
        }

        if (only == "mail")
            return spec with { Channel = NotificationChannel.Mail, Mail = ReadMail(to.GetProperty(only), errors) };
        var text = JsonFields.Text(to, only, "to", errors) ?? "";
        if (text.Length <= 2_048 && Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url.Scheme is "https" or "http"
            && url.UserInfo.Length == 0 && url.Fragment.Length == 0)
        {
            var channel = only == "slack" ? NotificationChannel.Slack : NotificationChannel.Teams;
            return spec with { Channel = channel, Url = url };
        }

        errors.Add($"to.{only}", "must be an http or https address without a user or a fragment");
        return spec;
    }

    private static ImmutableArray<string> ReadMail(JsonElement mail, SpecErrors errors)
    {
        if (!JsonFields.Is(mail, JsonValueKind.Array, "to.mail", errors))
            return [];
        if (mail.GetArrayLength() is var count && count is 0 or > ServiceLimits.NotificationAddresses)
            errors.Add("to.mail", $"must have 1 to {ServiceLimits.NotificationAddresses} addresses");
        var list = ImmutableArray.CreateBuilder<string>();
        foreach (var (index, item) in mail.EnumerateArray().Index())
        {
            var text = item.ValueKind == JsonValueKind.String ? item.GetString()! : "";
            if (IsAddress(text))
                list.Add(text);
            else
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"to.mail[{index}]"),
                    "must be a mail address such as ops@example.org");
        }

        return list.DrainToImmutable();
    }

    // Rejects characters that could end a header or begin another address. The mail server checks the rest.
    private static bool IsAddress(string text) =>
        text.Length is >= 3 and <= 254 && text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at
            && at < text.Length - 1
        && text.LastIndexOf('@') == at
        && !text.Any(
            static one => char.IsControl(one) || char.IsWhiteSpace(one) || one is ',' or ';' or '<' or '>' or '"');

    private static QuietHours? ReadQuiet(JsonElement root, SpecErrors errors)
    {
        if (!JsonFields.TryGet(root, "quiet", out var quiet)
            || !JsonFields.Is(quiet, JsonValueKind.Object, "quiet", errors))
            return null;
        JsonFields.CheckNames(quiet, QuietNames, "quiet", errors);
        var (from, to) = (Time(quiet, "from", errors), Time(quiet, "to", errors));
        var name = JsonFields.Text(quiet, "zone", "quiet", errors) ?? "UTC";
        if (!ZoneClock.TryFind(name, out var zone))
            errors.Add(
                "quiet.zone", $"'{StrictReader.Quote(name)}' is not the IANA name of a time zone on this machine");
        if (from == to && from is not null)
            errors.Add("quiet.to", "must differ from from");
        return from is { } start && to is { } end && zone is not null ? new QuietHours(start, end, zone) : null;
    }

    private static NotificationTemplate? ReadTemplate(JsonElement root, SpecErrors errors)
    {
        if (!JsonFields.TryGet(root, "template", out var template)
            || !JsonFields.Is(template, JsonValueKind.Object, "template", errors))
            return null;
        JsonFields.CheckNames(template, TemplateNames, "template", errors);
        return new NotificationTemplate(
            TemplateIn(template, "subject", ServiceLimits.NotificationSubject, isOfEvent: false, errors),
            TemplateIn(template, "event", ServiceLimits.NotificationEventText, isOfEvent: true, errors),
            TemplateIn(template, "text", ServiceLimits.NotificationText, isOfEvent: false, errors));
    }

    private static MessageTemplate? TemplateIn(
        JsonElement template, string name, int most, bool isOfEvent, SpecErrors errors)
    {
        var path = $"template.{name}";
        if (JsonFields.Text(template, name, "template", errors) is not { } text)
            return null;
        if (text.Length == 0 || text.Length > most)
            errors.Add(path, $"must have 1 to {most} characters");
        else if (name == "subject" ? text.Any(char.IsControl) : text.Any(static one => char.IsControl(one) && one is not ('\n' or '\r' or '\t')))
            errors.Add(path, name == "subject" ? "must be one line" : "must not contain control characters");
        else if (name == "subject" && text.Contains("{{events}}", StringComparison.Ordinal))
            errors.Add(path, "must be one line, so it cannot contain {{events}}");
        else
            return MessageTemplate.Read(text, isOfEvent, path, errors);
        return null;
    }

    private static TimeOnly? Time(JsonElement quiet, string name, SpecErrors errors)
    {
        if (JsonFields.Text(quiet, name, "quiet", errors) is { } text
            && TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            return time;
        errors.Add($"quiet.{name}", "must be a time of day such as 22:00");
        return null;
    }

    private static TimeSpan ReadDigest(JsonElement root, SpecErrors errors)
    {
        if (JsonFields.Text(root, "digest", "", errors) is not { } text)
            return ServiceLimits.NotificationDigest;
        if (Durations.TryParse(text, out var digest) && digest >= TimeSpan.FromSeconds(1)
            && digest <= TimeSpan.FromDays(1))
            return digest;
        errors.Add("digest", "must be a duration from 1s to 1d, such as 5m");
        return ServiceLimits.NotificationDigest;
    }
}
