namespace OrleansTasks.Worker.Agent;

/// <summary>What is known of the runs of a worker before this one.</summary>
/// <param name="AreDead">Whether nothing that any of them started can be alive.</param>
/// <param name="DeadSince">
/// The session from which on that is so, where one of an earlier session may be alive; 0 when there is none.
/// </param>
public readonly record struct EarlierRuns(bool AreDead, long DeadSince);
