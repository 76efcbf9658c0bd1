using System.Text.Json;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>One aggregate, computed as one would on the back of an envelope.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Op">What it does.</param>
/// <param name="Value">The field that it takes; null for the whole result.</param>
/// <param name="By">The field that it groups by; null for the whole result.</param>
internal sealed record PlainAggregate(string Name, string Op, string? Value, string? By)
{
    private const int K = 10;
    private const double Exact = 1e-12;
    private readonly Dictionary<PlainValue, decimal> groups = [];
    private decimal sum;
    private decimal? least;
    private decimal? most;
    private long count;

    private bool NeedsNumber => Op is "sum" or "min" or "max" or "mean" or "groupSum";

    private bool IsGrouped => Op is "distinct" or "topK" or "groupCount" or "groupSum";

    /// <summary>The same one, of nothing.</summary>
    public PlainAggregate New() => new(Name, Op, Value, By);

    /// <summary>As a spec has it.</summary>
    public string ToJson() =>
        $$"""{"as":"{{Name}}","op":"{{Op}}"{{(Value is null ? "" : $",\"value\":\"/{Value}\"")}}{{(By is null ? "" : $",\"by\":\"/{By}\"")}}}""";

    /// <summary>Whether a result can be taken.</summary>
    public bool Takes(PlainValue result) =>
        result.Select(Value) is { } value && (!NeedsNumber || value.Number is not null) && result.Select(By) is not null;

    /// <summary>Takes a result.</summary>
    public void Take(PlainValue result)
    {
        count++;
        if (NeedsNumber && result.Select(Value)!.Value.Number is { } number)
        {
            sum += number;
            least = least is null ? number : Math.Min(least.Value, number);
            most = most is null ? number : Math.Max(most.Value, number);
        }

        if (!IsGrouped)
            return;
        var key = result.Select(Op is "distinct" or "topK" ? Value : By)!.Value;
        groups[key] = groups.GetValueOrDefault(key) + (Op == "groupSum" ? result.Select(Value)!.Value.Number!.Value : 1);
    }

    /// <summary>Whether that is what it comes to.</summary>
    public bool Equals(JsonElement found) => Op switch
    {
        "count" or "collect" => found.GetDecimal() == count,
        "distinct" => found.GetDecimal() == groups.Count,
        "sum" => PlainValue.Of(found).Number == sum,
        "min" => IsNumber(found, least),
        "max" => IsNumber(found, most),
        "mean" => count == 0 ? found.ValueKind == JsonValueKind.Null : IsNear(found.GetDouble(), (double)(sum / count)),
        "topK" => AreEqual(
            found, "value", "count", groups.OrderByDescending(static group => group.Value).ThenBy(static group => group.Key).Take(K)),
        _ => AreEqual(found, "key", Op == "groupSum" ? "sum" : "count", groups.OrderBy(static group => group.Key)),
    };

    /// <summary>What it comes to, for people.</summary>
    public string Describe() =>
        FormattableString.Invariant($"{Name}: {count} results, sum {sum}, {least} to {most}, {groups.Count} groups");

    private static bool IsNumber(JsonElement found, decimal? number) =>
        number is null ? found.ValueKind == JsonValueKind.Null : PlainValue.Of(found).Number == number;

    private static bool IsNear(double found, double mean) => Math.Abs(found - mean) <= Exact * Math.Max(1, Math.Abs(mean));

    private static bool AreEqual(JsonElement found, string key, string value, IEnumerable<KeyValuePair<PlainValue, decimal>> groups) =>
        found.EnumerateArray()
            .Select(group => KeyValuePair.Create(PlainValue.Of(group.GetProperty(key)), PlainValue.Of(group.GetProperty(value)).Number!.Value))
            .SequenceEqual(groups);
}
