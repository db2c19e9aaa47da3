//! `Law`: what every element of a tensor is drawn from.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyBool, PyDict, PyString, PyType},
};
use wgpu_weights::{
    Distribution,
    initialiser::{Argument, ArgumentError, ArgumentKind, Arguments, AxisList, Initialiser, Value},
};

use crate::{
    error::value_error,
    json,
    number::{Number, Shape, list},
};

/// A law says what every element of a tensor is drawn from. It is immutable, and its parameters were checked when it
/// was made.
///
/// >>> from wgpu_weights import Law
/// >>> Law.normal(0.0, 0.02)
/// Law('normal mean 0 std 0.02')
/// >>> Law.of("kaiming_normal", (10, 64), nonlinearity="tanh", convention="torch")
/// Law('normal mean 0 std 0.20833333')
#[pyclass(frozen, module = "wgpu_weights")]
pub(crate) struct Law(pub(crate) Distribution);

#[pymethods]
impl Law {
    /// A normal of this mean and standard deviation.
    #[staticmethod]
    fn normal(mean: f64, std: f64) -> PyResult<Self> {
        Distribution::normal(mean, std).map(Self).map_err(value_error)
    }

    /// A uniform on [low, high).
    #[staticmethod]
    fn uniform(low: f64, high: f64) -> PyResult<Self> {
        Distribution::uniform(low, high).map(Self).map_err(value_error)
    }

    /// A normal on condition that the value lies in [low, high]; the bounds are absolute, as torch's `trunc_normal_` has
    /// them, and mean and std those of the normal before it is cut.
    #[staticmethod]
    fn truncated_normal(mean: f64, std: f64, low: f64, high: f64) -> PyResult<Self> {
        Distribution::truncated_normal(mean, std, low, high).map(Self).map_err(value_error)
    }

    /// The same value everywhere.
    #[staticmethod]
    fn constant(value: f64) -> PyResult<Self> {
        Distribution::constant(value).map(Self).map_err(value_error)
    }

    /// The generator's 32-bit words themselves, as U32.
    #[staticmethod]
    fn bits() -> Self {
        Self(Distribution::bits())
    }

    /// Numbers that go up by steps: element `index` is `start + step * (index % period)`.
    #[staticmethod]
    fn arange(start: f64, step: f64, period: Number) -> PyResult<Self> {
        Distribution::arange(start, step, period.0).map(Self).map_err(value_error)
    }

    /// The law of an initialiser by its name, for a tensor of this shape. Arguments are the initialiser's own: numbers,
    /// texts, or axes as an int or a sequence of ints.
    ///
    /// >>> from wgpu_weights import Law
    /// >>> Law.of("xavier_uniform", (64, 32), gain=2.0)
    /// Law('uniform [-0.5, 0.5)')
    #[staticmethod]
    #[pyo3(signature = (init, shape, **arguments))]
    fn of(init: &str, shape: Shape, arguments: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let init = Initialiser::named(init).map_err(value_error)?;
        let mut given = Arguments::default();
        for (key, value) in arguments.into_iter().flatten() {
            let argument = init.argument(key.cast::<PyString>()?.to_str()?).map_err(value_error)?;
            let value = value_of(argument, &value)?;
            given.set(argument, value).map_err(value_error)?;
        }
        init.draw(&shape.0, &given).map(|drawn| Self(drawn.distribution)).map_err(value_error)
    }

    /// The law with 0 in rows `first` to `end` (exclusive), indices of the tensor's first dimension; without `end`, in
    /// all rows from `first` on. No other element changes.
    #[pyo3(signature = (first, end=None))]
    fn with_zero_rows(&self, first: Number, end: Option<Number>) -> Self {
        Self(self.0.with_zero_rows(first.0..end.map_or(u64::MAX, |it| it.0)))
    }

    /// The name of the law's kind, as "normal".
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind().name()
    }

    /// The standard deviation of what is drawn, after any cut; None of bits and of a formula.
    #[getter]
    fn std(&self) -> Option<f64> {
        self.0.std()
    }

    /// The law as a dict of plain values; each number is the exact value of the f32.
    ///
    /// >>> from wgpu_weights import Law
    /// >>> Law.uniform(-0.5, 0.5).to_dict()
    /// {'kind': 'uniform', 'low': -0.5, 'high': 0.5}
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::to_python(py, &serde_json::to_value(self.0).map_err(json::error)?)
    }

    /// The law that `to_dict` wrote.
    #[staticmethod]
    fn from_dict(law: &Bound<'_, PyDict>) -> PyResult<Self> {
        serde_json::from_str(&json::from_python(law)?).map(Self).map_err(json::error)
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyAny>,))> {
        let law: Bound<'_, PyType> = slf.get_type();
        Ok((law.getattr("from_dict")?, (slf.get().to_dict(slf.py())?,)))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        // A formula's -0 equals its 0, and both hash alike.
        self.0.to_string().replace("-0", "0").hash(&mut hasher);
        hasher.finish()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Law('{}')", self.0)
    }
}

/// An argument's value, from a number, a text or axes.
fn value_of(argument: &Argument, given: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(text) = given.cast::<PyString>() {
        return argument.parse(text.to_str()?).map_err(value_error);
    }
    let wrong = |wanted: &str| {
        let text = given.repr().map_or_else(|_| "?".into(), |it| it.to_string());
        PyTypeError::new_err(format!("`{}` is {text}; it must be {wanted}", argument.key))
    };
    match argument.kind {
        ArgumentKind::Axes => {
            let axes = given.extract::<i64>().map(|axis| vec![axis]);
            let axes = axes.or_else(|_| list(given, |axis| axis.extract::<i64>()));
            let axes = axes.map_err(|_| wrong("an int or a sequence of ints"))?;
            let not_axes =
                || ArgumentError::NotAxes { key: argument.key, given: format!("{axes:?}") };
            let list = AxisList::new(axes.iter().copied());
            list.map(Value::Axes).ok_or_else(|| value_error(not_axes()))
        }
        ArgumentKind::Choice(_) => Err(wrong("a text")),
        ArgumentKind::Expression => {
            let number: f64 = given.extract().map_err(|_| wrong("a text or a number"))?;
            argument.parse(&number.to_string()).map_err(value_error)
        }
        _ if given.is_instance_of::<PyBool>() => Err(wrong("a number")),
        _ => given.extract().map(Value::Number).map_err(|_| wrong("a number")),
    }
}
