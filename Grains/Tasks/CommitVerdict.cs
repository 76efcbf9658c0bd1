namespace OrleansTasks.Tasks;

/// <summary>
/// What a dispatcher knows of a commit once nothing about it is unknown, or nothing more can be found out.
/// </summary>
/// <param name="Landed">Whether it is on disk: its callers get their replies.</param>
/// <param name="Culprit">Set when the store refuses something in it for good; nothing is on disk.</param>
/// <param name="Cause">
/// Why this activation cannot go on: its memory differs from the store, or the partition is somebody else's.
/// </param>
internal readonly record struct CommitVerdict(bool Landed, string? Culprit = null, Exception? Cause = null);
