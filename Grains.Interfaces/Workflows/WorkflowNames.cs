using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>The names of a workflow's states and rules in the HTTP contract.</summary>
public static class WorkflowNames
{
    private static readonly string[] States = ["running", "succeeded", "failed", "cancelled"];
    private static readonly string[] Rules = ["continue", "cancel"];

    /// <summary>The names of all states, by number.</summary>
    public static IReadOnlyList<string> AllStates => States;

    /// <summary>The names of all rules, by number.</summary>
    public static IReadOnlyList<string> AllRules => Rules;

    /// <summary>The name that the HTTP contract uses; <c>unreadable</c> for a stored number that stands for none.</summary>
    public static string Name(this WorkflowState state) => (uint)state < (uint)States.Length ? States[(int)state] : "unreadable";

    /// <summary>The state of a task with the same name.</summary>
    public static TaskState ToTaskState(this WorkflowState state) => TaskState.Running + (byte)state;

    /// <summary>The name that the HTTP contract uses.</summary>
    public static string Name(this FailureRule rule) => Rules[(int)rule];

    /// <summary>Reads the name of a state that the HTTP contract uses.</summary>
    public static bool TryParse(string name, out WorkflowState state)
    {
        var index = Array.IndexOf(States, name);
        state = (WorkflowState)Math.Max(0, index);
        return index >= 0;
    }
}
