namespace OrleansTasks.Tasks;

/// <summary>
/// How far tasks have gone around the nodes. A job's outlives its chunks: a paced one has none open at times.
/// </summary>
/// <param name="owner">Whose tasks they are.</param>
internal sealed class RingTurn(string owner)
{
    /// <summary>Whose tasks go around the nodes with it.</summary>
    public string Owner { get; } = owner;

    /// <summary>The node that got the last of them; empty before the first.</summary>
    public string LastNode { get; set; } = "";
}
