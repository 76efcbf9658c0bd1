namespace OrleansTasks.Client.Figures;

/// <summary>The newest values of a series in one resolution, by step number; NaN if a step has no value.</summary>
/// <param name="size">The number of steps to keep.</param>
internal sealed class StepRing(int size)
{
    private readonly float[] values = new float[size];

    /// <summary>The first step that ever had a value; -1 if there is none.</summary>
    public long First { get; private set; } = -1;

    /// <summary>The last step that has a value; -1 if there is none.</summary>
    public long Last { get; private set; } = -1;

    /// <summary>Returns the value of a step; NaN if it has none or is no longer kept.</summary>
    public float this[long step] => First < 0 || step < First || step > Last || step <= Last - values.Length
        ? float.NaN : values[step % values.Length];

    /// <summary>Sets the value of a step after the last one. A value for an earlier step is ignored.</summary>
    public void Set(long step, float value)
    {
        if (step <= Last)
            return;
        if (First < 0 || step - Last >= values.Length)
            (First, Last) = (step, step - 1);
        for (var missing = Last + 1; missing < step; missing++)
            values[missing % values.Length] = float.NaN;
        values[step % values.Length] = value;
        Last = step;
    }
}
