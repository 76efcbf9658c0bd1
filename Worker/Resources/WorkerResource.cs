using System.CommandLine;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Settings;

namespace OrleansTasks.Worker.Resources;

/// <summary>The option <c>--resource</c> of a worker, and of a service that has one.</summary>
public static class WorkerResource
{
    private const string Name = "--resource";

    /// <summary>Creates the option.</summary>
    public static RepeatedOption<KeyValuePair<string, long>> MakeOption(string description) => new(
        Name, "NAME=AMOUNT", description,
        $"NAME=AMOUNT, such as cpu=7.5, memory=60GiB, gpu=0 or license=3; a name matches {ResourceName.Form}",
        static text => TryRead(text, out var resource) ? new Parsed<KeyValuePair<string, long>>(resource) : null);

    /// <summary>Returns the amounts that were given.</summary>
    /// <exception cref="StartRefusedException">A resource is named twice, or there are too many.</exception>
    public static IReadOnlyDictionary<string, long> In(ParseResult result, RepeatedOption<KeyValuePair<string, long>> option)
    {
        var read = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, amount) in result.GetValue(option) ?? [])
        {
            if (!read.TryAdd(name, amount))
                throw Bad($"{Name} names '{name}' more than once. Give each resource one amount.");
        }

        return read.Count <= ResourceName.Most ? read
            : throw Bad($"{Name} names {read.Count} resources; at most {ResourceName.Most} are allowed.");
    }

    /// <summary>
    /// Reads <c>NAME=AMOUNT</c>. The amount may be 0, which offers nothing of what the machine has.
    /// </summary>
    internal static bool TryRead(string text, out KeyValuePair<string, long> resource)
    {
        resource = default;
        if (text.IndexOf('=', StringComparison.Ordinal) is var at && at < 1)
            return false;
        var (name, value) = (text[..at], text[(at + 1)..]);
        var amount = 0L;
        if (!ResourceName.IsValid(name) || name == ResourceName.Pin
            || (value != "0" && !ResourceForms.TryParse(name, value, out amount)))
            return false;
        resource = new(name, amount);
        return true;
    }

    private static StartRefusedException Bad(string message) => new(message, StartRefusedException.BadOption);
}
