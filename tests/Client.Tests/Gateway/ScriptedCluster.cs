using OrleansTasks.Cluster;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>The health of a scripted cluster's store.</summary>
internal sealed class ScriptedCluster : IClusterReaderGrain
{
    /// <summary>How the next calls go; the last one again and again.</summary>
    public Queue<Func<Task<StoreHealth>>> Answers { get; } = [];

    /// <summary>How often it was asked.</summary>
    public int Asked { get; private set; }

    public Task<StoreHealth> Store()
    {
        Asked++;
        return (Answers.Count > 1 ? Answers.Dequeue() : Answers.Peek())();
    }
}
