using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>The names of workflow states and failure rules in the HTTP contract.</summary>
public static class WorkflowNames
{
    private static readonly string[] States = EnumNames.Of<WorkflowState>();
    private static readonly string[] Rules = EnumNames.Of<FailureRule>();

    /// <summary>The names of all states, in enum order.</summary>
    public static IReadOnlyList<string> AllStates => States;

    /// <summary>The names of all rules, in enum order.</summary>
    public static IReadOnlyList<string> AllRules => Rules;

    /// <summary>
    /// Returns the name in the HTTP contract; <c>unreadable</c> for a stored value that is not a known state.
    /// </summary>
    public static string Name(this WorkflowState state) => (uint)state < (uint)States.Length ? States[(int)state] : "unreadable";

    /// <summary>
    /// Returns the task state of the same name. Both enumerations have these states in the same order.
    /// </summary>
    public static TaskState ToTaskState(this WorkflowState state) => TaskState.Running + (byte)state;

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this FailureRule rule) => Rules[(int)rule];

    /// <summary>Parses a state's name in the HTTP contract.</summary>
    public static bool TryParse(string name, out WorkflowState state)
    {
        var index = Array.IndexOf(States, name);
        state = (WorkflowState)Math.Max(0, index);
        return index >= 0;
    }
}
