using System.Globalization;
using System.Text.Json.Serialization;

namespace OrleansTasks.Rollouts;

/// <summary>A number of nodes: a count, or a percentage of all nodes of the rollout.</summary>
/// <param name="Value">The count, or the percentage from 0 to 100.</param>
/// <param name="IsPercent">Whether it is a percentage.</param>
[JsonConverter(typeof(RolloutShareConverter))]
public readonly record struct RolloutShare(decimal Value, bool IsPercent)
{
    /// <summary>All nodes.</summary>
    public static RolloutShare All { get; } = new(100, IsPercent: true);

    /// <summary>Returns the number of nodes out of <paramref name="all"/>, rounded up, at most all.</summary>
    public int RoundedUp(int all) => (int)Math.Min(all, IsPercent ? Math.Ceiling(Value * all / 100) : Value);

    /// <summary>Returns the number of nodes out of <paramref name="all"/>, rounded down, at most all.</summary>
    public int RoundedDown(int all) => (int)Math.Min(all, IsPercent ? Math.Floor(Value * all / 100) : Value);

    /// <summary>Parses a percentage such as <c>10%</c> or <c>0.5%</c>.</summary>
    public static bool TryParse(string text, out RolloutShare share)
    {
        share = default;
        if (!text.EndsWith('%') || !decimal.TryParse(
                text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out var value)
            || value > 100)
            return false;
        share = new RolloutShare(value, IsPercent: true);
        return true;
    }

    /// <summary>Returns the text of the HTTP contract, such as <c>3</c> or <c>10%</c>.</summary>
    public override string ToString() =>
        Value.ToString("0.############################", CultureInfo.InvariantCulture) + (IsPercent ? "%" : "");
}
