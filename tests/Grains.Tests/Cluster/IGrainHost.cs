namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The engine under the tests' grains. Each engine has one, beside a <c>GrainHosts</c> that starts it.</summary>
internal interface IGrainHost : IAsyncDisposable
{
    /// <summary>Calls grains, from outside of any.</summary>
    IGrainFactory Grains { get; }

    /// <summary>Kills what runs the grains and starts it again; nothing in memory survives.</summary>
    Task KillAndRestart();

    /// <summary>Lets the next call of a grain make a second activation while the first lives on; false when there is no first.</summary>
    Task<bool> Forget(IAddressable grain);

    /// <summary>Has the activations end in order that no call needs, as a silo that stops has them all.</summary>
    Task Deactivate();
}
