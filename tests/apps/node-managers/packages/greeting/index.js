module.exports = 'good morning';
