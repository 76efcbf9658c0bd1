using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Contract;

/// <summary>Values that the contract's examples share.</summary>
internal static class Examples
{
    /// <summary>2026-11-05T09:30:00Z in Unix milliseconds.</summary>
    public const long Time = 1_793_871_000_000;

    /// <summary>The id of a task or another thing.</summary>
    public static TaskId Id { get; } = TaskId.TryParse("019f5a2c-7d10-7c3a-8b00-0342ab12cd34", out var id) ? id : default;
}
