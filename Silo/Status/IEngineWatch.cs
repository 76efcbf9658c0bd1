namespace OrleansTasks.Silo.Status;

/// <summary>Asks the engine how it is; each engine has its own.</summary>
public interface IEngineWatch
{
    /// <summary>The engine now.</summary>
    Task<EngineStatus> Read();
}
