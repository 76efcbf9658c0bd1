using System.Globalization;
using System.Text.Json.Nodes;

namespace OrleansTasks.Cli.Jobs;

/// <summary>Parses <c>AS=OP[,FIELD=VALUE]...</c>, an aggregate of a job.</summary>
internal static class AggregateOption
{
    private static readonly string[] Numbers = ["k", "maxGroups"];

    /// <summary>
    /// Returns the aggregate as the JSON of a job's spec. The gateway checks the fields. Throws
    /// <see cref="UsageException"/>.
    /// </summary>
    public static JsonObject Read(string text)
    {
        var parts = text.Split(',');
        var (name, op) = Pair(parts[0], text);
        var aggregate = new JsonObject { ["as"] = name, ["op"] = op };
        foreach (var part in parts[1..])
        {
            var (field, value) = Pair(part, text);
            if (field == "cmd")
                aggregate["command"] = new JsonObject { ["cmd"] = value };
            else if (!Numbers.Contains(field))
                aggregate[field] = value;
            else if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                aggregate[field] = number;
            else
                throw UsageException.OfValue($"{field} in --aggregate '{text}'", value, "a whole number");
        }

        return aggregate;
    }

    private static (string Name, string Value) Pair(string part, string all)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? (part[..equals], part[(equals + 1)..])
            : throw UsageException.OfValue("--aggregate", all, "AS=OP[,FIELD=VALUE]..., such as total=sum,value=/price");
    }
}
