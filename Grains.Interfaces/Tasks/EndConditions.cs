using OrleansTasks.Contract;

namespace OrleansTasks.Tasks;

/// <summary>The names of the conditions in the HTTP contract, and which final states meet them.</summary>
public static class EndConditions
{
    private static readonly string[] Names = EnumNames.Of<EndCondition>();

    /// <summary>The names of all conditions.</summary>
    public static IReadOnlyList<string> AllNames => Names;

    /// <summary>Parses a name in the HTTP contract.</summary>
    public static bool TryParse(string name, out EndCondition condition)
    {
        var index = Array.IndexOf(Names, name);
        condition = (EndCondition)Math.Max(0, index);
        return index >= 0;
    }

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this EndCondition condition) => Names[(int)condition];

    /// <summary>
    /// Returns whether a task in a final state meets the condition. Only a retry can change the answer.
    /// </summary>
    public static bool IsMetBy(this EndCondition condition, TaskState state) => condition switch
    {
        EndCondition.Succeeded => state == TaskState.Succeeded,
        EndCondition.Failed => state == TaskState.Failed,
        _ => state.IsFinal(),
    };
}
