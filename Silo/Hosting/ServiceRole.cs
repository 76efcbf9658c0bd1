namespace OrleansTasks.Silo.Hosting;

/// <summary>The part of the service that a process is.</summary>
public enum ServiceRole
{
    /// <summary>Gateway, silo and one worker.</summary>
    AllInOne,

    /// <summary>A silo with its own worker; gateways are elsewhere.</summary>
    Silo,

    /// <summary>A gateway; silos are elsewhere.</summary>
    Gateway,
}
